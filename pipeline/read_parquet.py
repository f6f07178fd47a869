"""Read row groups of a Parquet file; a damaged one costs its own rows, each with a fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gemsieve.pipeline.record import Broken, Meter, Record, checked, column_text
from gemsieve.pipeline.slices import Slice

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 256


def read_parquet(
    piece: Slice, text_field: str, columns: Sequence[str], meter: Meter
) -> Iterator[Record | Broken]:
    """Yield the records of a slice's row groups."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(piece.path)
    except (pa.ArrowException, OSError):
        yield Broken(piece.first, "unreadable_file")
        return
    with file:
        names = [name for name in (text_field, *columns) if name in file.schema_arrow.names]
        first = piece.first
        groups = range(piece.start, piece.end or file.num_row_groups)
        for done, group in enumerate(groups, 1):
            rows = file.metadata.row_group(group).num_rows
            batches = file.iter_batches(BATCH_ROWS, row_groups=[group], columns=names)
            yield from read_group(batches, first, rows, text_field)
            first += rows
            meter.bytes = piece.size * done // len(groups)


def read_group(
    batches: Iterator[pa.RecordBatch], first: int, rows: int, text_field: str
) -> Iterator[Record | Broken]:
    """Yield one row group's records; what cannot be read of it is `truncated_input`, row by row."""
    import pyarrow as pa

    done = 0
    try:
        for batch in batches:
            for i in range(batch.num_rows):
                yield row(batch, i, first + done, text_field)
                done += 1
    except (pa.ArrowException, OSError):
        pass
    for number in range(first + done, first + rows):
        yield Broken(number, "truncated_input")


def row(batch: pa.RecordBatch, i: int, number: int, text_field: str) -> Record | Broken:
    """Return one row as a record."""
    try:
        values = {name: batch.column(name)[i].as_py() for name in batch.schema.names}
    except UnicodeDecodeError:
        return Broken(number, "invalid_utf8")
    text = values.pop(text_field, None)
    return checked(number, text, {name: column_text(value) for name, value in values.items()})
