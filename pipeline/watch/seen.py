"""What becomes of slices, for those who watch: a line of the log and a span each, and no words.

A line's message is `finished slice=3 source=a.jsonl ...`; the same as a mapping is the record's
attribute `told`. Levels are those of `logging`: nothing is written unless somebody asks.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.watch.spans import attach, span

LOGGER = "gemsieve.slices"


def tell(event: str, piece: Slice, **more: str | int | float) -> None:
    """Write a line about a slice."""
    told = {"event": event, "slice": piece.number, "source": piece.source, **more}
    line = " ".join(f"{key}={value}" for key, value in list(told.items())[1:])
    logging.getLogger(LOGGER).info("%s %s", event, line, extra={"told": told})


@contextmanager
def slice_seen(piece: Slice, parent: str = "") -> Iterator[Counter[str]]:
    """Tell when work on a slice begins and how it ends.

    Args:
        piece: The slice.
        parent: `spans.here()` of the job's span.

    Yields:
        What came of it, to be counted in here.
    """
    counts, begun = Counter[str](), time.perf_counter()
    tell("begun", piece, bytes=piece.size)
    with span("slice", parent, slice=piece.number, source=piece.source, bytes=piece.size):
        try:
            yield counts
        except Exception as error:
            tell("failed", piece, seconds=since(begun), error=type(error).__name__)
            raise
        attach(**counts)
    tell("finished", piece, seconds=since(begun), **counts)


def since(begun: float) -> float:
    """Return the seconds since a reading of the clock, to the millisecond."""
    return round(time.perf_counter() - begun, 3)
