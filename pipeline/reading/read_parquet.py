"""Read row groups of a Parquet file; a damaged one costs its own rows, each with a fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gemsieve.pipeline.reading.arrow_rows import is_damage, rows
from gemsieve.pipeline.reading.files import open_file
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import Slice

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH_ROWS = 256
BATCH_BYTES = 8 << 20
# Column chunks are read in pieces of this size, and not whole.
BUFFER_BYTES = 1 << 20


@contextmanager
def parquet_file(path: str) -> Iterator[pq.ParquetFile | None]:
    """Open a file; None stands for one whose footer cannot be read."""
    import pyarrow.parquet as pq

    with open_file(path) as disk:
        try:
            file = pq.ParquetFile(disk, buffer_size=BUFFER_BYTES)
        except Exception as error:
            if not is_damage(error):
                raise
            file = None
        yield file


def read_parquet(
    piece: Slice, text_field: str, columns: Sequence[str], meter: Meter
) -> Iterator[Record | Broken]:
    """Yield the records of a slice's row groups."""
    with parquet_file(piece.path) as file:
        if file is None:
            yield Broken(piece.first, "unreadable_file")
            return
        first = piece.first
        groups = range(piece.start, file.num_row_groups if piece.end is None else piece.end)
        for done, group in enumerate(groups, 1):
            told = file.metadata.row_group(group)
            size = batch_rows(told.num_rows, told.total_byte_size)
            batches = file.iter_batches(
                size, row_groups=[group], columns=[text_field, *columns], use_threads=False
            )
            yield from read_group(batches, first, told.num_rows, text_field, columns)
            first += told.num_rows
            meter.bytes = piece.size * done // len(groups)


def batch_rows(n: int, size: int) -> int:
    """Return how many rows of a group of `n` and so many bytes are held at a time."""
    return max(1, min(BATCH_ROWS, BATCH_BYTES * n // max(size, 1)))


def read_group(
    batches: Iterator[pa.RecordBatch],
    first: int,
    n: int,
    text_field: str,
    columns: Sequence[str],
) -> Iterator[Record | Broken]:
    """Yield one row group's records; what cannot be read of it is `truncated_input`, row by row."""
    done = 0
    try:
        for batch in batches:
            yield from rows(batch, first + done, text_field, columns)
            done += batch.num_rows
    except Exception as error:
        if not is_damage(error):
            raise
    for number in range(first + done, first + n):
        yield Broken(number, "truncated_input")
