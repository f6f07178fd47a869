"""Read one slice: records and faults in the order of the file, none skipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from gemsieve.pipeline.read_annotated import read_annotated
from gemsieve.pipeline.read_jsonl import read_jsonl
from gemsieve.pipeline.read_parquet import read_parquet
from gemsieve.pipeline.record import Broken, Meter, Record
from gemsieve.pipeline.slices import Slice


def read(
    piece: Slice, text_field: str, columns: Sequence[str], meter: Meter
) -> Iterator[Record | Broken]:
    """Yield every record of a slice, with the columns asked for where a record has them."""
    readers = {"parquet": read_parquet, "annotated": read_annotated}
    reader = readers.get(piece.kind, read_jsonl)
    return islice(reader(piece, text_field, columns, meter), piece.most)
