"""Cut inputs into slices: pieces fixed by the input and these settings alone, never by a runner."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

Kind = Literal["jsonl", "parquet", "annotated"]  # the last: what `gemsieve annotate` wrote
KINDS: dict[str, Kind] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
COMPRESSIONS = (".gz", ".zst")

# Some minutes of work for scanners: long enough to hide start-up, short enough to lose little.
SLICE_BYTES = 64 << 20


class InputError(Exception):
    """The inputs cannot be planned; the text names the pattern or file and what to do."""


@dataclass(frozen=True)
class Slice:
    """One piece of one input file: what a worker takes, and what its shards are named after.

    Attributes:
        number: Place in the plan, from 0.
        source: The file's name in ids and reports.
        start, end: Bytes of an uncompressed JSONL file or row groups of a Parquet file; the end
            is exclusive, and None is the end of the file.
        first: Number of its first record in the file, from 1.
        size: Bytes on disk.
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
    most: int | None = None

    def shard(self, pieces: int) -> str:
        """Return the name of this slice's shards, in a plan of so many."""
        return f"{self.number:05d}-of-{pieces:05d}.parquet"


def plan(patterns: Sequence[str], slice_bytes: int = SLICE_BYTES) -> list[Slice]:
    """Return the slices of all files that the patterns name, in the order of their paths.

    Raises:
        InputError: A pattern names nothing, a file of unknown kind, or one file twice.
    """
    paths: list[str] = []
    for pattern in patterns:
        found = sorted(p for p in glob.glob(pattern, recursive=True) if Path(p).is_file())
        if not found:
            raise InputError(f"{pattern}: no such file; quote a pattern so that it reaches us")
        paths += found
    if len({os.path.realpath(path) for path in paths}) != len(paths):
        raise InputError("one file is named twice; give each input once")
    names = source_names(paths)
    pieces = [
        (path, kind, *piece)
        for path in paths
        for kind in [kind_of(path)]
        for piece in cut(path, kind, slice_bytes)
    ]
    return [
        Slice(number, path, names[path], kind, start, end, first, size)
        for number, (path, kind, start, end, first, size) in enumerate(pieces)
    ]


def kind_of(path: str) -> Kind:
    """Return a file's kind by its name.

    Raises:
        InputError: The name ends in nothing we read.
    """
    stem, suffix = os.path.splitext(path)
    if suffix in COMPRESSIONS:
        suffix = os.path.splitext(stem)[1]
    kind = KINDS.get(suffix)
    if kind is None or (kind == "parquet" and path.endswith(COMPRESSIONS)):
        raise InputError(f"{path}: unknown kind of file; readable: {', '.join(KINDS)} (.gz, .zst)")
    return kind


def source_names(paths: Sequence[str]) -> dict[str, str]:
    """Name each file by its last part, or by its path below the common folder if two share it."""
    last = [os.path.basename(path) for path in paths]
    if len(set(last)) == len(last):
        return dict(zip(paths, last, strict=True))
    common = os.path.commonpath([os.path.dirname(os.path.abspath(path)) for path in paths])
    return {path: Path(os.path.relpath(os.path.abspath(path), common)).as_posix() for path in paths}


Piece = tuple[int, int | None, int, int]  # start, end, first record, bytes on disk


def cut(path: str, kind: Kind, slice_bytes: int) -> Iterator[Piece]:
    """Yield the pieces of one file; a compressed file is one piece, for it cannot be entered."""
    size = os.path.getsize(path)
    if kind == "parquet":
        yield from row_group_runs(path, size, slice_bytes)
    elif path.endswith(COMPRESSIONS) or size <= slice_bytes:
        yield 0, None, 1, size
    else:
        with open(path, "rb") as file:
            yield from line_runs(file, slice_bytes)


def line_runs(file: BinaryIO, slice_bytes: int) -> Iterator[Piece]:
    """Yield runs of whole lines of about the given size, with the number of their first line."""
    start, first, offset, lines = 0, 1, 0, 0
    while block := file.read(1 << 20):
        if offset + len(block) - start >= slice_bytes and (last := block.rfind(b"\n")) >= 0:
            end = offset + last + 1
            yield start, end, first, end - start
            first += lines + block.count(b"\n")
            start, lines = end, 0
        else:
            lines += block.count(b"\n")
        offset += len(block)
    if offset > start:
        yield start, offset, first, offset - start


def row_group_runs(path: str, size: int, slice_bytes: int) -> Iterator[Piece]:
    """Yield runs of row groups of about the given size; an unreadable file is one piece."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        footer = pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        yield 0, None, 1, size
        return
    start, first, rows, held = 0, 1, 0, 0
    for group in range(footer.num_row_groups):
        rows += footer.row_group(group).num_rows
        held += footer.row_group(group).total_byte_size
        if held >= slice_bytes or group == footer.num_row_groups - 1:
            yield start, group + 1, first, size * (group + 1 - start) // footer.num_row_groups
            start, first, rows, held = group + 1, first + rows, 0, 0
