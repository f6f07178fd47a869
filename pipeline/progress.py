"""A bar for a run in this process: what workers last said, four times a second, on stderr."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gemsieve.pipeline.heartbeat import read_heartbeats
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.receipt import place
from gemsieve.pipeline.slices import Slice

INTERVAL = 0.25  # seconds


@contextmanager
def bar(job: Job, slices: Sequence[Slice], *, checks: bool = True) -> Iterator[None]:
    """Show progress in bytes of input, records per second and time left while the body runs.

    A second bar follows the leak check, where there is one, through the output, in bytes of the
    input it came from.
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
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    size = sum(piece.size for piece in slices)
    before = {piece.number for piece in slices if place(job.receipts, piece.number).exists()}
    start = sum(piece.size for piece in slices if piece.number in before)
    stop = threading.Event()
    begun = time.perf_counter()
    with progress:
        task = progress.add_task("sieving", total=size, completed=start, counts="")
        check = progress.add_task("checking", total=size, counts="", visible=checks)

        def follow() -> None:
            while not stop.wait(INTERVAL):
                done, counts = position(job, time.perf_counter() - begun)
                progress.update(task, completed=max(start, done), counts=counts)
                progress.update(check, completed=checked(job))

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield
            progress.update(
                task, completed=size, counts=position(job, time.perf_counter() - begun)[1]
            )
            progress.update(check, completed=size)
        finally:
            stop.set()
            thread.join()


def checked(job: Job) -> int:
    """Return the bytes of input whose output the leak check has read."""
    return sum(beat.bytes for beat in read_heartbeats(job.leak_heartbeats))


def position(job: Job, seconds: float) -> tuple[int, str]:
    """Return the bytes of input that are done, and the counts as a line."""
    beats = read_heartbeats(job.heartbeats)
    outcomes: Counter[str] = Counter()
    for beat in beats:
        outcomes.update(beat.outcomes)
    megabytes = sum(beat.characters for beat in beats) / 1e6
    return sum(beat.bytes for beat in beats), (
        f"{told(outcomes)},"
        f" {outcomes.total() / seconds:,.0f} records/s, {megabytes / seconds:,.1f} MB/s"
    )


def told(outcomes: Counter[str]) -> str:
    """Return counts of records as a line; where nothing was decided, of those that could be."""
    if annotated := outcomes["annotated"]:
        return f"{annotated:,} annotated, {outcomes['quarantined']:,} unreadable"
    return (
        f"{outcomes['kept'] + outcomes['redacted']:,} kept, {outcomes['dropped']:,} dropped,"
        f" {outcomes['quarantined']:,} quarantined"
    )
