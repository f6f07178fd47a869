"""What a user should know of the inputs: of files that one worker reads alone, of a wrong field."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gemsieve.pipeline.job import Job
    from gemsieve.pipeline.reading.slices import Slice
    from gemsieve.pipeline.tally import Tally


def watched(job: Job, slices: Sequence[Slice]) -> AbstractContextManager[None]:
    """Tell of large files that are one slice, then show the bar."""
    from gemsieve.pipeline.watch.progress import bar

    for line in uncuttable(slices):
        print(f"gemsieve: {line}", file=sys.stderr)
    return bar(job, slices)


def uncuttable(slices: Sequence[Slice]) -> Iterator[str]:
    """Yield a line for each compressed file so large that it should have been several slices."""
    from gemsieve.pipeline.reading.compression import COMPRESSIONS
    from gemsieve.pipeline.reading.slices import SLICE_BYTES

    for piece in slices:
        # The members of a WARC are small, and so is what is read of each: it comes in such files.
        if piece.kind != "warc" and piece.path.endswith(COMPRESSIONS) and piece.size > SLICE_BYTES:
            yield (
                f"{piece.source}: {piece.size / 1e6:,.0f} MB that one worker has to read alone, for"
                " a compressed file cannot be cut; gemsieve split makes pieces of JSON lines"
            )


def of_fields(tally: Tally, records: int, text_field: str) -> Iterator[str]:
    """Yield a line where at least half of a job's records had no text."""
    missing = sum(n for (_, fault), n in tally.faults.items() if fault == "missing_text")
    if records and 2 * missing >= records:
        yield (
            f"{missing:,} of {records:,} records have no field {text_field!r}: name the one that"
            " holds the text with --text-field (content.body is a field of a field)"
        )
