"""Cut one file where its format can be entered; the others are one piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from gemsieve.pipeline.reading.charset import encoding_of
from gemsieve.pipeline.reading.compression import COMPRESSIONS, is_damage
from gemsieve.pipeline.reading.files import is_remote, open_file
from gemsieve.pipeline.reading.slices import Slice

Run = tuple[int, int, int]  # start, end, first record


def cut(whole: Slice, slice_bytes: int) -> Iterator[Slice]:
    """Yield the pieces of a file, in order; one of a kind that cannot be entered is one piece."""
    if whole.kind == "hub":
        from gemsieve.pipeline.reading.read_hub import shards

        yield from shards(whole)
    elif whole.kind == "parquet":
        yield from columnar(whole, row_groups(whole), slice_bytes)
    elif whole.size <= slice_bytes or whole.path.endswith(COMPRESSIONS):
        yield whole
    elif whole.kind == "arrow":
        yield from columnar(whole, record_batches(whole), slice_bytes)
    elif whole.kind in ("jsonl", "lines", "csv", "tsv"):
        yield from by_bytes(whole, slice_bytes)
    else:
        yield whole


def by_bytes(whole: Slice, slice_bytes: int) -> Iterator[Slice]:
    """Yield runs of whole lines or rows; a file in UTF-16 or a told encoding is one piece."""
    with open_file(whole.path) as file:
        if encoding_of(file.read(2), whole.encoding):
            yield whole
            return
        file.seek(0)
        rows = whole.kind in ("csv", "tsv")
        runs = row_runs(whole, slice_bytes) if rows else line_runs(file, slice_bytes)
        for start, end, first in runs:
            yield replace(whole, start=start, end=end, first=first, size=end - start)


def line_runs(file: BinaryIO, slice_bytes: int) -> Iterator[Run]:
    """Yield runs of whole lines of about the given size, with the number of their first line."""
    start, first, offset, lines = 0, 1, 0, 0
    while block := file.read(min(1 << 20, slice_bytes)):
        if offset + len(block) - start >= slice_bytes and (last := block.rfind(b"\n")) >= 0:
            end = offset + last + 1
            yield start, end, first
            first += lines + block.count(b"\n")
            start, lines = end, 0
        else:
            lines += block.count(b"\n")
        offset += len(block)
    if offset > start:
        yield start, offset, first


def row_runs(whole: Slice, slice_bytes: int) -> Iterator[Run]:
    """Yield runs of whole rows; they are parsed, for only that tells where a row of quotes ends."""
    from gemsieve.pipeline.reading.lines import opened
    from gemsieve.pipeline.reading.read_csv import Rows

    with opened(whole) as lines:
        rows = Rows(lines, whole.kind)
        rows.next()
        start, first, n = 0, 1, 1
        while rows.next() is not None:
            n += 1
            if rows.passed - start >= slice_bytes:
                yield start, rows.passed, first
                start, first = rows.passed, n
        if rows.passed > start:
            yield start, rows.passed, first


def columnar(whole: Slice, sizes: Sequence[tuple[int, int]], slice_bytes: int) -> Iterator[Slice]:
    """Yield runs of row groups or batches, whose rows and bytes are given; none is one piece."""
    if not sizes:
        yield whole
    start, first, rows, held = 0, 1, 0, 0
    for i, (n, size) in enumerate(sizes, 1):
        rows += n
        held += size
        if held >= slice_bytes or i == len(sizes):
            share = whole.size * (i - start) // len(sizes)
            yield replace(whole, start=start, end=i, first=first, size=share)
            start, first, rows, held = i, first + rows, 0, 0


def row_groups(whole: Slice) -> list[tuple[int, int]]:
    """Return rows and bytes of a Parquet file's row groups; none of one without a footer."""
    from gemsieve.pipeline.reading.read_parquet import parquet_file

    with parquet_file(whole.path) as file:
        if file is None:
            return []
        groups = map(file.metadata.row_group, range(file.num_row_groups))
        return [(group.num_rows, group.total_byte_size) for group in groups]


def record_batches(whole: Slice) -> list[tuple[int, int]]:
    """Return rows and bytes of an Arrow file's batches; none of one that would have to be fetched.

    Those of a file in memory's reach are looked at without being read.
    """
    from gemsieve.pipeline.reading.read_arrow import batches

    if is_remote(whole.path):
        return []
    try:
        return [(batch.num_rows, batch.nbytes) for batch in batches(whole, None)]
    except Exception as error:
        if not is_damage(error):
            raise
        return []
