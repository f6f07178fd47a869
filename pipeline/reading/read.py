"""Read one slice: records and faults in the order of the file, none skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from gemsieve.pipeline.annotate.read import read_annotated
from gemsieve.pipeline.reading.read_arrow import read_arrow
from gemsieve.pipeline.reading.read_csv import read_csv
from gemsieve.pipeline.reading.read_hub import read_hub
from gemsieve.pipeline.reading.read_jsonl import read_jsonl
from gemsieve.pipeline.reading.read_other import read_other
from gemsieve.pipeline.reading.read_parquet import read_parquet
from gemsieve.pipeline.reading.read_text import read_lines, read_text
from gemsieve.pipeline.reading.read_warc import read_warc
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import Kind, Slice

Reader = Callable[[Slice, str, Sequence[str], Meter], Iterator[Record | Broken]]

# None of them imports the library behind it before it reads.
READERS: dict[Kind, Reader] = {
    "jsonl": read_jsonl,
    "parquet": read_parquet,
    "csv": read_csv,
    "tsv": read_csv,
    "text": read_text,
    "lines": read_lines,
    "warc": read_warc,
    "arrow": read_arrow,
    "hub": read_hub,
    "annotated": read_annotated,
    "other": read_other,
}


def read(
    piece: Slice, text_field: str, columns: Sequence[str], meter: Meter
) -> Iterator[Record | Broken]:
    """Yield every record of a slice, with the columns asked for where a record has them."""
    return islice(READERS[piece.kind](piece, text_field, columns, meter), piece.most)
