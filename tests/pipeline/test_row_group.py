"""Rows on their way to a row group: in a file and not in memory, and in the shard as they were."""

from __future__ import annotations

import random
import resource
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gemsieve.filters.finding import Finding
from gemsieve.pipeline.row_group import RowGroup
from gemsieve.pipeline.write import ShardWriter, parquet_writer, schema

SCHEMA = pa.schema([("id", pa.string()), ("text", pa.string())])


def batch(number: int, size: int = 1000) -> pa.RecordBatch:
    """Return three rows, one of them without a text."""
    ids = [f"{number}:{i}" for i in range(3)]
    return pa.record_batch([ids, ["é中😀" * size, None, ""]], schema=SCHEMA)


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    """Values, order and the cut into batches, on which the shard's bytes depend, stay."""
    batches = [batch(number) for number in range(5)]
    group = RowGroup(tmp_path, SCHEMA)
    for one in batches:
        group.add(one)
    table = group.table()
    assert table.equals(pa.Table.from_batches(batches))
    assert [len(chunk) for chunk in table["id"].chunks] == [3] * 5
    assert group.bytes == sum(one.nbytes for one in batches)
    group.close()
    assert table["text"][12].as_py() == "é中😀" * 1000, "a table outlives its group"


def test_rows_wait_outside_memory_and_leave_nothing(tmp_path: Path) -> None:
    """Arrow holds next to nothing of twenty megabytes that were added; the folder stays empty."""
    before, group = pa.total_allocated_bytes(), RowGroup(tmp_path, SCHEMA)
    for number in range(20):
        group.add(batch(number, size=100_000))
    assert group.bytes > 15e6
    assert pa.total_allocated_bytes() - before < 1e6
    table = group.table()
    assert pa.total_allocated_bytes() - before < 1e6, "the rows are read where they lie"
    assert len(table) == 60
    assert not [*tmp_path.iterdir()]
    group.close()


@pytest.fixture
def short_files() -> Iterator[None]:
    """Files may not grow beyond 10,000 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("short_files")
def test_rows_that_do_not_fit_are_an_error(tmp_path: Path) -> None:
    """They are told with an `OSError`, and the group closes all the same."""
    group = RowGroup(tmp_path, SCHEMA)
    with pytest.raises(OSError, match="too large"):
        group.add(batch(0, size=100_000))
    group.close()


def test_a_shard_has_the_bytes_of_one_written_from_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two row groups, findings with and without places: byte for byte what pyarrow writes."""
    monkeypatch.setattr("gemsieve.pipeline.write.ROW_GROUP_BYTES", 100_000)
    drawn, columns = random.Random(3), schema("kept")
    with ShardWriter(tmp_path, tmp_path, "kept", "0.parquet", columns) as writer:
        for number in range(3):
            rows = [f"{number}:{i}" for i in range(50)]
            found = [[Finding("a.b", 0.5), Finding("c.d", 1.0, (i, i + 2))] for i in range(50)]
            writer.write(
                {
                    "id": rows,
                    "source": ["s"] * 50,
                    "text": [drawn.randbytes(700).hex() for _ in rows],
                    "action": ["keep"] * 50,
                    "reasons": [[]] * 50,
                    "findings": found,
                }
            )
        writer.publish()
    shard = tmp_path / "kept/0.parquet"
    with pq.ParquetFile(shard) as file:
        assert file.num_row_groups == 2
        groups = [file.read_row_group(i) for i in range(2)]
    with parquet_writer(tmp_path / "again", columns) as again:
        for group in groups:
            again.write_table(group, row_group_size=len(group))
    assert (tmp_path / "again").read_bytes() == shard.read_bytes()
