"""Read what `gemsieve annotate` wrote: the records as they were read then, and what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from gemsieve.filters import Finding
from gemsieve.pipeline.reading.record import Broken, Fault, Meter, Record
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.storage import location, readable

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 256


def read_annotated(
    piece: Slice,
    text_field: str,  # noqa: ARG001 (it was chosen when the shard was written)
    columns: Sequence[str],
    meter: Meter,
) -> Iterator[Record | Broken]:
    """Yield the records of a slice's shard; `piece.end` is how many it holds."""
    import pyarrow.parquet as pq

    if not piece.end:
        return
    with pq.ParquetFile(readable(location(piece.path))) as file:
        done = 0
        for batch in file.iter_batches(BATCH_ROWS):
            yield from rows(batch, columns)
            done += batch.num_rows
            meter.bytes = piece.size * done // piece.end


def rows(batch: pa.RecordBatch, columns: Sequence[str]) -> Iterator[Record | Broken]:
    """Yield the records of some rows."""
    found = findings(batch.column("findings"))
    values = [batch.column("columns").field(name).to_pylist() for name in columns]
    others = zip(*values, strict=True) if values else ((),) * batch.num_rows
    names = ("id", "text", "fault")
    plain = zip(*(batch.column(name).to_pylist() for name in names), strict=True)
    for (record, text, fault), row, other in zip(plain, found, others, strict=True):
        number = int(record.rpartition(":")[2])
        if fault is not None:
            yield Broken(number, cast("Fault", fault))
        else:
            yield Record(number, text, dict(zip(columns, other, strict=True)), row)


def findings(lists: pa.ListArray) -> Iterator[list[Finding]]:
    """Yield the findings of each row."""
    flat = lists.flatten()
    labels = flat.field("label").dictionary_encode()  # few labels, many findings
    words = labels.dictionary.to_pylist()
    named = [words[i] for i in labels.indices.to_pylist()]
    starts, ends = flat.field("start").to_pylist(), flat.field("end").to_pylist()
    spans = [None if a is None else (a, b) for a, b in zip(starts, ends, strict=True)]
    every = list(map(Finding, named, flat.field("score").to_pylist(), spans))
    offsets = lists.offsets.to_pylist()
    first = offsets[0]
    return (every[a - first : b - first] for a, b in pairwise(offsets))
