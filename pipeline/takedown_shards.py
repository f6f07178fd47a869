"""Find records in finished shards, and write a shard anew without them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.pipeline.manifest import ManifestError, Shard, sha256_of
from gemsieve.pipeline.write import parquet_writer

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 10_000


def column_pairs(path: Path, columns: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
    """Yield the values of these columns, row by row.

    Raises:
        ManifestError: The shard has no such column.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        if missing := [name for name in columns if name not in file.schema_arrow.names]:
            raise ManifestError(f"{path}: has no column {missing[0]!r}")
        for batch in file.iter_batches(BATCH_ROWS, columns=list(columns)):
            yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)


def holds_texts(path: Path) -> bool:
    """Say whether a shard has a column of texts."""
    import pyarrow.parquet as pq

    return "text" in pq.read_schema(path).names


def without(path: Path, shard: Shard, ids: Collection[str], target: Path) -> Shard | None:
    """Write a shard without some records and describe it, or return None where none is left.

    Row groups stay as they were, but for the rows that go.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    listed = pa.array(sorted(ids), pa.string())
    records = 0
    with pq.ParquetFile(path) as file:
        if file.metadata.num_rows == sum(1 for (one,) in column_pairs(path, ["id"]) if one in ids):
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        with parquet_writer(target, file.schema_arrow) as writer:
            for group in range(file.num_row_groups):
                rows: pa.Table = file.read_row_group(group)
                rows = rows.filter(pc.invert(pc.is_in(rows["id"], listed)))
                records += rows.num_rows
                if rows.num_rows:
                    writer.write_table(rows, row_group_size=rows.num_rows)
    with target.open("rb") as written:
        os.fsync(written.fileno())
    return Shard(shard.path, records, target.stat().st_size, sha256_of(target))


def carried(path: Path, target: Path) -> None:
    """Give a file that stays as it is a second name, or copy it where that cannot be."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(path, target)
