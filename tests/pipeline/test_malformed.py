"""Malformed inputs end in quarantine, each record under its number and fault."""

import bz2
import gzip
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.pipeline.beam_warnings import BEAM_WARNINGS
from tests.pipeline.malformed import CASES, Case
from tests.pipeline.spoilt import (
    CHUNKED,
    GZIP,
    HTML,
    PAGE,
    PAGE_RECORD,
    ROW,
    arrow,
    cells,
    chunked,
    flipped,
    http,
    parquet,
    texts,
    warc,
    zstd,
)

from gemsieve.cli import main
from gemsieve.pipeline.manifest import verify
from gemsieve.pipeline.reading import record
from gemsieve.pipeline.reading import web_page as page
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import plan

pytestmark = BEAM_WARNINGS


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


WELL_FORMED = {
    "a.jsonl": lambda: ROW * 3,
    "a.jsonl.gz": lambda: gzip.compress(ROW * 3),
    "a.jsonl.zst": lambda: zstd(ROW * 3),
    "a.jsonl.bz2": lambda: bz2.compress(ROW * 3),
    "a.csv": lambda: cells(["text", "url"], ['w "x"', "u"], ["a\nb", "c"]),
    "a.parquet": lambda: parquet(texts()),
    "a.arrow": lambda: arrow(texts(), stream=True),
    "a.ipc": lambda: arrow(texts(), stream=False),
    "a.warc": lambda: PAGE_RECORD * 3,
    "a.warc.gz": lambda: gzip.compress(PAGE_RECORD) * 2,
    "b.warc": lambda: warc(http(chunked(gzip.compress(PAGE)), HTML, CHUNKED, GZIP)) * 2,
}


@pytest.mark.parametrize("name", WELL_FORMED)
def test_no_cut_and_no_wrong_byte_raises(name: str, tmp_path: Path) -> None:
    """Wherever a file ends or has a wrong byte, records come out numbered on from 1."""
    content, path = WELL_FORMED[name](), tmp_path / name
    step = max(1, len(content) // 30)
    for place in range(len(content) % step, len(content), step):
        for harmed in (content[:place], flipped(content, place)):
            path.write_bytes(harmed)
            found = list(records(path))
            assert [one.number for one in found] == list(range(1, len(found) + 1))


POLICY = """
name = "cheap"

[[corpus]]
labels = "quality.*"
action = "keep"
"""


def test_a_job_of_malformed_files_balances(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of them in one job: each fault in quarantine under its id, and the books balance."""
    # A job's processes have the limits as they are, and what goes beyond takes long to make.
    cases = [case for case in CASES if "too_large" not in dict.fromkeys(expected(case))]
    corpus, output = tmp_path / "in", tmp_path / "out"
    corpus.mkdir()
    for case in cases:
        (corpus / case.name).write_bytes(case.content())
    (tmp_path / "policy.toml").write_text(POLICY)
    command = ["filter", "--input", f"bad={corpus}/*", "--output", str(output)]
    assert main([*command, "--policy", str(tmp_path / "policy.toml")]) == 0
    faults = {
        f"bad/{case.name}:{number}": fault
        for case in cases
        for number, fault in enumerate(expected(case), 1)
    }
    books = verify(output)
    assert books.counts["in"] == len(faults)
    aside = [
        row
        for path in (output / "quarantined").iterdir()
        for row in pq.read_table(path).to_pylist()
    ]
    assert {row["id"]: row["reason"] for row in aside} == {
        name: fault for name, fault in faults.items() if fault != "ok"
    }
    assert {row["source"] for row in aside} == {"bad"}
    assert capsys.readouterr().err == ""


def test_a_wrong_field_and_a_policy_without_rules_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Records without the field are quarantined, and the end says what to do; no rules: no job."""
    (tmp_path / "a.jsonl").write_bytes(b'{"body": "some words"}\n' * 3)
    (tmp_path / "policy.toml").write_text(POLICY)
    (tmp_path / "output.toml").write_text(POLICY.replace("corpus", "output"))
    command = ["filter", "--input", str(tmp_path / "a.jsonl"), "--output", str(tmp_path / "out")]
    assert main([*command, "--policy", str(tmp_path / "output.toml")]) == 2
    assert "output.toml: has no [[corpus]] rules" in capsys.readouterr().err
    assert main([*command, "--policy", str(tmp_path / "policy.toml")]) == 0
    told = capsys.readouterr()
    assert "3 quarantined" in told.out
    assert "3 of 3 records have no field 'text': name the one" in told.err
