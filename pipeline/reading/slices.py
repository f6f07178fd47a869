"""Cut inputs into slices: pieces fixed by the input and these settings alone, never by a runner."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gemsieve.pipeline.reading.charset import known
from gemsieve.pipeline.reading.compression import COMPRESSIONS, without_compression
from gemsieve.pipeline.reading.files import InputError, is_remote

__all__ = ["SLICE_BYTES", "InputError", "Kind", "Slice", "kind_of", "plan"]

# The last but one is what `gemsieve annotate` wrote, the last what other packages read.
Kind = Literal[
    "jsonl", "parquet", "csv", "tsv", "text", "lines", "warc", "arrow", "hub", "annotated", "other"
]
KINDS: dict[str, Kind] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "text",
    ".warc": "warc",
    ".wet": "warc",
    ".arrow": "arrow",
    ".ipc": "arrow",
    ".feather": "arrow",
}
# These compress their columns inside.
NEVER_COMPRESSED = ("parquet", "arrow")

# Some minutes of work for scanners: long enough to hide start-up, short enough to lose little.
SLICE_BYTES = 64 << 20


@dataclass(frozen=True)
class Slice:
    """One piece of one input file: what a worker takes, and what its shards are named after.

    Attributes:
        number: Place in the plan, from 0.
        source: The file's name in ids and reports.
        start, end: Bytes of an uncompressed file of lines or rows, row groups of a Parquet file,
            batches of an Arrow file, shards of a streamed dataset; the end is exclusive, and None
            is the end of the file.
        first: Number of its first record in the file, from 1.
        size: Bytes on disk.
        name: What its records are counted under, "" for the source.
        encoding: Of a file of text without a byte-order mark, "" for UTF-8.
        most: How many of its records are read, None for all.
    """

    number: int
    path: str
    source: str
    kind: Kind
    start: int
    end: int | None
    first: int
    size: int
    name: str = ""
    encoding: str = ""
    most: int | None = None

    @property
    def counted_as(self) -> str:
        """What the slice's records are counted under when no field of theirs says otherwise."""
        return self.name or self.source

    def shard(self, pieces: int) -> str:
        """Return the name of this slice's shards, in a plan of so many."""
        return f"{self.number:05d}-of-{pieces:05d}.parquet"


def plan(
    patterns: Sequence[str],
    slice_bytes: int = SLICE_BYTES,
    *,
    encoding: str = "",
    by_line: bool = False,
) -> list[Slice]:
    """Return the slices of all files that the patterns name, in the order of their paths.

    Args:
        patterns: Paths, patterns, saved datasets or `hf://` names, each after `NAME=` at will.
        slice_bytes: About how large a slice is on disk.
        encoding: Of CSV and plain text files without a byte-order mark, "" for UTF-8.
        by_line: Whether each line of a plain text file is a record, or the file is one.

    Raises:
        InputError: A pattern names nothing, a file of unknown kind, or one file twice; a file
            cannot be opened; there is no such encoding.
    """
    from gemsieve.pipeline.reading.cut import cut
    from gemsieve.pipeline.reading.inputs import find

    slices: list[Slice] = []
    for whole in find(patterns, known(encoding), by_line=by_line):
        try:
            pieces = list(cut(whole, slice_bytes))
        except OSError as error:
            raise InputError(f"{whole.path}: {error.strerror or error}") from None
        slices += [replace(piece, number=len(slices) + i) for i, piece in enumerate(pieces)]
    return slices


def suffix_of(path: str) -> str:
    """Return how a file's name ends, from the last dot on, in small letters."""
    return os.path.splitext(path)[1].lower()


def kind_of(path: str, *, by_line: bool = False) -> Kind:
    """Return a file's kind by its name; `by_line` makes plain text a file of lines.

    Raises:
        InputError: The name ends in nothing we read.
    """
    from gemsieve.pipeline.reading.read_other import others

    inner = without_compression(path)
    kind = KINDS.get(suffix_of(inner))
    if kind is None and suffix_of(path) in others() and not is_remote(path):
        return "other"
    if kind is None or (kind in NEVER_COMPRESSED and inner != path):
        raise InputError(
            f"{path}: unknown kind of file; readable: {', '.join(KINDS)}, and all but the columnar"
            f" ones with {', '.join(COMPRESSIONS)}"
        )
    return "lines" if kind == "text" and by_line else kind
