"""A bar on a terminal: what workers last said, twice as often as they say it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gemsieve.pipeline.job import Job
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.receipt import place
from gemsieve.pipeline.workers.heartbeat import Beat, interval, read_heartbeats


@contextmanager
def bar(job: Job, slices: Sequence[Slice], *, checks: bool = True) -> Iterator[None]:
    """Show progress in bytes of input, records per second and time left while the body runs.

    Without a terminal nobody looks, and nothing is read. A second bar follows the leak check,
    where there is one, through the output, in bytes of the input it came from.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
        console=console,
    )
    size = sum(piece.size for piece in slices)
    before = {piece.number for piece in slices if place(job.receipts, piece.number).exists()}
    start = sum(piece.size for piece in slices if piece.number in before)
    stop = threading.Event()
    begun, earlier = time.perf_counter(), read_heartbeats(job.heartbeats)
    with progress:
        task = progress.add_task("sieving", total=size, completed=start, counts="")
        check = progress.add_task("checking", total=size, counts="", visible=checks)

        def look() -> None:
            beats = read_heartbeats(job.heartbeats)
            counts = line(beats, earlier, time.perf_counter() - begun)
            progress.update(task, completed=max(start, total_bytes(beats)), counts=counts)
            progress.update(check, completed=total_bytes(read_heartbeats(job.leak_heartbeats)))

        def follow() -> None:
            while not stop.wait(interval(job.heartbeats) / 2):
                look()

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield
            look()
            progress.update(task, completed=size)
            progress.update(check, completed=size)
        finally:
            stop.set()
            thread.join()


def total_bytes(beats: Sequence[Beat]) -> int:
    """Return the bytes of input that slices have passed."""
    return sum(beat.bytes for beat in beats)


def line(beats: Sequence[Beat], earlier: Sequence[Beat], seconds: float) -> str:
    """Return the counts, and the speed of what this run did beyond an earlier one."""
    now, before = (sum((Counter(b.outcomes) for b in some), Counter()) for some in (beats, earlier))
    records = now.total() - before.total()
    characters = sum(b.characters for b in beats) - sum(b.characters for b in earlier)
    return (
        f"{told(now)}, {records / seconds:,.0f} records/s, {characters / seconds / 1e6:,.1f} MB/s"
    )


def told(outcomes: Counter[str]) -> str:
    """Return counts of records as a line; where nothing was decided, of those that could be."""
    if annotated := outcomes["annotated"]:
        return f"{annotated:,} annotated, {outcomes['quarantined']:,} unreadable"
    return (
        f"{outcomes['kept'] + outcomes['redacted']:,} kept, {outcomes['dropped']:,} dropped,"
        f" {outcomes['quarantined']:,} quarantined"
    )
