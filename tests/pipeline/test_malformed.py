"""Malformed inputs end in quarantine, each record under its number and fault."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.pipeline.malformed import CASES, Case

from gemsieve.pipeline import page, record
from gemsieve.pipeline.read import read
from gemsieve.pipeline.record import Broken, Meter, Record
from gemsieve.pipeline.slices import plan


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits of a tenth, so that what goes beyond them takes no minutes."""
    monkeypatch.setattr(record, "MAX_RECORD_BYTES", 1_000_000)
    monkeypatch.setattr(record, "MAX_LINE_BYTES", 6_000_000)
    monkeypatch.setattr(page, "MAX_PAGE_BYTES", 500_000)


def records(path: Path, slice_bytes: int = 1 << 26) -> Iterator[Record | Broken]:
    """Read a whole file."""
    for piece in plan([str(path)], slice_bytes):
        yield from read(piece, "text", (), Meter())


def expected(case: Case) -> list[str]:
    """Return the fault of each of a case's records."""
    pairs = [(one, 1) if isinstance(one, str) else one for one in case.expected]
    return [fault for fault, n in pairs for _ in range(n)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_malformed_file_ends_in_quarantine(case: Case, tmp_path: Path) -> None:
    """Each record comes out once under its number, good or with the fault that it has."""
    path = tmp_path / case.name
    path.write_bytes(case.content())
    found = list(records(path))
    assert [one.fault if isinstance(one, Broken) else "ok" for one in found] == expected(case)
    assert [one.number for one in found] == list(range(1, len(found) + 1))
