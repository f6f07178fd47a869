"""Find records in finished shards, and write a shard anew without them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.pipeline.manifest import LINES, ManifestError, Shard, sha256_of
from gemsieve.pipeline.write import parquet_writer
from gemsieve.pipeline.write_lines import lines_without

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
            raise ManifestError(
                f"{path}: has no column {missing[0]!r} to look in; name another, or list ids"
            )
        for batch in file.iter_batches(BATCH_ROWS, columns=list(columns)):
            yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)


def holds_texts(path: Path) -> bool:
    """Say whether a shard has a column of texts."""
    import pyarrow.parquet as pq

    return "text" in pq.read_schema(path).names


def without(folder: Path, shard: Shard, ids: Collection[str], target: Path) -> Shard:
    """Write a folder's shard into another one without some records, and describe it."""
    place = placed(shard, target)
    copy = lines_without if shard.path.startswith(f"{LINES}/") else rows_without
    records = copy(folder / shard.path, ids, place)
    with place.open("rb") as written:
        os.fsync(written.fileno())
    return Shard(shard.path, records, place.stat().st_size, sha256_of(place))


def rows_without(path: Path, ids: Collection[str], target: Path) -> int:
    """Copy rows but for some records, and return how many are left.

    Row groups stay as they were, but for the rows that go.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    listed, records = pa.array(sorted(ids), pa.string()), 0
    with pq.ParquetFile(path) as file, parquet_writer(target, file.schema_arrow) as writer:
        for group in range(file.num_row_groups):
            rows: pa.Table = file.read_row_group(group)
            rows = rows.filter(pc.invert(pc.is_in(rows["id"], listed)))
            records += rows.num_rows
            if rows.num_rows:
                writer.write_table(rows, row_group_size=rows.num_rows)
    return records


def carried(folder: Path, shard: Shard, target: Path) -> Shard:
    """Give a shard that stays as it is a second name, or copy it where that cannot be."""
    place = placed(shard, target)
    try:
        os.link(folder / shard.path, place)
    except OSError:  # another file system, or one without links
        shutil.copyfile(folder / shard.path, place)
    return shard


def placed(shard: Shard, target: Path) -> Path:
    """Return where a shard goes, its folder made."""
    place = target / shard.path
    place.parent.mkdir(parents=True, exist_ok=True)
    return place
