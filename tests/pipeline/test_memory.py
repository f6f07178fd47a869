"""What a slice took is given back when it is done, and no more is taken than has to be."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gemsieve.filters.finding import Finding
from gemsieve.pipeline.audit.auditor import mentions
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.leak.check import rows
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.workers import machine
from gemsieve.pipeline.workers.children import SPARING, Child, Limits
from gemsieve.pipeline.workers.place import Place
from gemsieve.pipeline.write import ShardWriter, schema

ARRAYS, BYTES = 200, 400_000
KEPT: list[pa.Array] = []


@dataclass(frozen=True)
class Taker:
    """A step that takes memory."""

    job: Job

    def load(self, _: Slice, __: Place) -> None:
        """Take what a child takes once."""
        pa.array(["x"])

    def work(self, _: Slice, __: Place) -> None:
        """Take 80 MB, and keep a little that lies between."""
        held = [pa.array([b"x" * size]) for _ in range(ARRAYS) for size in (BYTES, 100)]
        KEPT.extend(held[1::2])


def test_a_child_gives_back_what_a_slice_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a slice that took 80 MB a child holds less than a tenth of them more than before."""
    for name in SPARING:  # the user's word on them counts
        monkeypatch.delenv(name, raising=False)
    step = Taker(Job(str(tmp_path), "", ""))
    piece = Slice(0, str(tmp_path / "in.jsonl"), "in.jsonl", "jsonl", 0, None, 1, 0)
    child = Child(Limits(60.0, 1 << 30, 1, 1))
    try:
        child.ask(step, "load", piece)
        before = machine.look(child.pid)
        child.ask(step, "work", piece)
        after = machine.look(child.pid)
    finally:
        child.close()
    assert before
    assert after
    assert after.bytes - before.bytes < ARRAYS * BYTES / 10


def test_the_audit_reads_findings_by_and_by(tmp_path: Path) -> None:
    """Of a row group of eleven megabytes of findings it holds one or two at a time."""
    count, each = 12_000, 30
    found = [Finding("identity.age.old", 1.0, (i, i + 3)) for i in range(each)]
    with ShardWriter(tmp_path, tmp_path, "dropped", "0.parquet", schema("dropped")) as writer:
        columns: dict[str, list[object]] = {"id": [f"in.jsonl:{i}" for i in range(count)]}
        columns |= {"source": ["s"] * count, "reasons": [[]] * count, "findings": [found] * count}
        writer.write(columns)
        writer.publish()
    path = tmp_path / "dropped/0.parquet"
    before = pa.total_allocated_bytes()
    table = pq.read_table(path, columns=["findings"])
    whole = table.nbytes
    del table
    most = seen = 0
    for _ in mentions(path):
        most, seen = max(most, pa.total_allocated_bytes() - before), seen + 1
    assert seen == count * each
    assert most < whole / 3


def test_the_check_reads_one_row_group_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of twenty row groups of a megabyte that does not compress it holds two or three."""
    monkeypatch.setattr("gemsieve.pipeline.write.ROW_GROUP_BYTES", 1)
    drawn, columns = random.Random(5), schema("kept")
    with ShardWriter(tmp_path, tmp_path, "kept", "0.parquet", columns) as writer:
        for number in range(20):
            row: dict[str, list[object]] = {"id": [f"in.jsonl:{number}"], "source": ["s"]}
            row |= {"text": [drawn.randbytes(750_000).decode("latin-1")], "action": ["keep"]}
            writer.write(row | {"reasons": [[]], "findings": [[]]})
        writer.publish()
    before, most, seen = pa.total_allocated_bytes(), 0, 0
    for _ in rows(tmp_path / "kept/0.parquet"):
        most, seen = max(most, pa.total_allocated_bytes() - before), seen + 1
    assert seen == 20
    assert most < 5e6
