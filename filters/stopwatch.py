"""Seconds by stage of whatever a thread is doing; nobody has to be told who measures it.

Stages may lie within one another: each second belongs to the innermost, so that all of them
together are the whole time.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class Stopwatch:
    """Runs on one stage at a time."""

    stage: str
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _since: float = field(default_factory=time.perf_counter)

    def turn(self, stage: str) -> str:
        """Run on another stage from now on and return the one before."""
        now = time.perf_counter()
        self.seconds[self.stage] += now - self._since
        before, self.stage, self._since = self.stage, stage, now
        return before

    def read(self) -> dict[str, float]:
        """Return the seconds so far by stage, by name."""
        self.turn(self.stage)
        return dict(sorted(self.seconds.items()))


_running: ContextVar[Stopwatch | None] = ContextVar("running", default=None)


@contextmanager
def timed(rest: str) -> Iterator[Stopwatch]:
    """Measure what this thread does in here; outside of any stage, time belongs to `rest`."""
    watch = Stopwatch(rest)
    token = _running.set(watch)
    try:
        yield watch
    finally:
        _running.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Count the time in here as a stage's, when somebody measures."""
    watch = _running.get()
    if watch is None:
        yield
        return
    before = watch.turn(name)
    try:
        yield
    finally:
        watch.turn(before)
