"""Read kinds of files that other packages know: entry points of the group `gemsieve.readers`.

The name of an entry point is a file's suffix without its dot. It is called with a path and yields
one mapping a record, in an order that depends on the file alone; text and columns are fields of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from gemsieve.pipeline.reading.fields import value_at
from gemsieve.pipeline.reading.record import Broken, Meter, Record, checked, column_text
from gemsieve.pipeline.reading.slices import Slice, suffix_of

OtherReader = Callable[[str], Iterable[Mapping[str, Any]]]


@cache
def others() -> dict[str, EntryPoint]:
    """Return the readers that are installed, by suffix; none of them is imported yet."""
    return {f".{entry.name.lower()}": entry for entry in entry_points(group="gemsieve.readers")}


def readers_of(slices: Sequence[Slice]) -> dict[str, str]:
    """Return which packages, in which versions, read slices that are not of our kinds."""
    suffixes = sorted({suffix_of(piece.path) for piece in slices if piece.kind == "other"})
    dists = {suffix: others()[suffix].dist for suffix in suffixes}
    return {suffix: f"{dist.name} {dist.version}" for suffix, dist in dists.items() if dist}


def read_other(
    piece: Slice, text_field: str, columns: Sequence[str], meter: Meter
) -> Iterator[Record | Broken]:
    """Yield the records of a file; where its reader fails, the rest is one record, truncated."""
    number = piece.first
    reader: OtherReader = others()[suffix_of(piece.path)].load()
    try:
        for row in reader(piece.path):
            found = {name: column_text(value_at(row, name)) for name in columns}
            yield checked(number, value_at(row, text_field), found)
            number += 1
    except Exception:  # whatever it raises; its words may hold the file's
        yield Broken(number, "truncated_input")
    meter.bytes = piece.size
