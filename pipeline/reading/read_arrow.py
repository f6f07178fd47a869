"""Read Arrow IPC, files and streams, among them what `datasets` saves; a cut one keeps its head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from gemsieve.pipeline.reading.arrow_rows import is_damage, is_sound, names_within, rows
from gemsieve.pipeline.reading.files import is_remote, open_file
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import Slice

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC = b"ARROW1"
BATCH_ROWS = 256


def read_arrow(
    piece: Slice, text_field: str, columns: Sequence[str], meter: Meter
) -> Iterator[Record | Broken]:
    """Yield the records of a slice's batches; what breaks off a stream is one more, truncated."""
    number = piece.first
    try:
        for done, batch in enumerate(batches(piece, (text_field, *columns)), 1):
            if is_sound(batch):
                yield from rows_of(batch, number, text_field, columns)
            else:
                for i in range(batch.num_rows):
                    yield Broken(number + i, "truncated_input")
            number += batch.num_rows
            if piece.end is not None:
                meter.bytes = piece.size * done // (piece.end - piece.start)
    except Exception as error:
        if not is_damage(error):
            raise
        yield Broken(number, "truncated_input" if number > piece.first else "unreadable_file")


def rows_of(
    batch: pa.RecordBatch, first: int, text_field: str, columns: Sequence[str]
) -> Iterator[Record | Broken]:
    """Yield a batch's rows, of which few at a time become Python's."""
    for start in range(0, batch.num_rows, BATCH_ROWS):
        yield from rows(batch.slice(start, BATCH_ROWS), first + start, text_field, columns)


def batches(piece: Slice, wanted: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    """Yield a slice's batches, with the columns that hold the wanted fields, None for all.

    A local file is mapped, so that batches and columns that are passed by are not read.
    """
    import pyarrow as pa

    with pa.PythonFile(open_file(piece.path)) if is_remote(piece.path) else mapped(piece) as file:
        if file.size() == 0:
            return
        random_access = file.read(len(MAGIC)) == MAGIC
        file.seek(0)
        reader = pa.ipc.open_file if random_access else pa.ipc.open_stream
        names = reader(file).schema.names
        options = pa.ipc.IpcReadOptions()
        if wanted is not None:
            holding = set(names_within(names, *wanted))
            options.included_fields = [i for i, name in enumerate(names) if name in holding]
        file.seek(0)
        opened = reader(file, options=options)
        if random_access:
            end = opened.num_record_batches if piece.end is None else piece.end
            yield from map(opened.get_batch, range(piece.start, end))
        else:
            yield from islice(opened, piece.start, piece.end)


def mapped(piece: Slice) -> pa.NativeFile:
    """Map a local file into memory."""
    import pyarrow as pa

    return pa.memory_map(piece.path)
