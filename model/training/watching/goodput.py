"""Where a run's time went, over all its restarts: `time.jsonl`, apart from what runs repeat.

A line is written with each line of metrics, and holds the seconds since the line before it. What is
behind the checkpoint that a later process went on from is lost.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ParamSpec, TypeVar

import jax

P = ParamSpec("P")
R = TypeVar("R")

FILE_NAME = "time.jsonl"
# What a line tells apart. `start` is all before the first step, and `compile` the first step, of
# each process; `step` is what is left.
PHASES = ("start", "compile", "step", "input", "evaluate", "checkpoint")


class Stopwatch:
    """Share out the time of one process."""

    def __init__(self) -> None:
        """Begin with the phase `start`."""
        self._run: Path | None = None
        self._from = 0
        self._last = time.monotonic()
        self._seconds = dict.fromkeys(PHASES, 0.0)

    def begin(self, run: Path | None, step: int) -> None:
        """End the phase `start`, of a process that goes on from a step; None to write nothing."""
        self._run, self._from = run, step
        self._seconds["start"] = time.monotonic() - self._last

    @contextmanager
    def spending(self, phase: str) -> Iterator[None]:
        """Count what is done meanwhile to a phase."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self._seconds[phase] += time.monotonic() - begun

    def timed(self, phase: str, call: Callable[P, R]) -> Callable[P, R]:
        """Return a function whose time counts to a phase."""

        def timed(*args: P.args, **kwargs: P.kwargs) -> R:
            with self.spending(phase):
                return call(*args, **kwargs)

        return timed

    def compiling(self, call: Callable[P, R]) -> Callable[P, R]:
        """Return a function whose first call, waited for, counts as `compile`."""
        compiled = False

        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            nonlocal compiled
            if compiled:
                return call(*args, **kwargs)
            compiled = True
            with self.spending("compile"):
                result: R = jax.block_until_ready(call(*args, **kwargs))  # type: ignore[no-untyped-call]
                return result

        return called

    def write(self, step: int) -> None:
        """Write the line of all since the last one."""
        now = time.monotonic()
        known = sum(self._seconds.values())
        self._seconds["step"] += max(0.0, now - self._last - known)
        seconds = {name: round(value, 6) for name, value in self._seconds.items()}
        line = {"from": self._from, "step": step, "seconds": seconds}
        if self._run:
            with (self._run / FILE_NAME).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        self._last, self._seconds = now, dict.fromkeys(PHASES, 0.0)


@dataclass(frozen=True)
class Spent:
    """Sum up a run's time.

    Attributes:
        seconds: By phase, of what was kept.
        lost: Seconds of steps that were taken again, with all that went with them.
        starts: How many processes took steps.
    """

    seconds: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(PHASES, 0.0))
    lost: float = 0.0
    starts: int = 0

    @property
    def total(self) -> float:
        """Seconds of all processes together, each to its last line."""
        return sum(self.seconds.values()) + self.lost

    @property
    def goodput(self) -> float:
        """The share of the time that went into steps which count; 0 before there were any."""
        return self.seconds["step"] / self.total if self.total else 0.0

    @property
    def input_share(self) -> float:
        """How much of the time of steps and their input is waiting for input."""
        both = self.seconds["step"] + self.seconds["input"]
        return self.seconds["input"] / both if both else 0.0


def read_spent(run: Path) -> Spent:
    """Sum up a run's lines; one that a crash cut short is left out."""
    path = run / FILE_NAME
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    seconds, lost, starts = dict.fromkeys(PHASES, 0.0), 0.0, 0
    kept_to = float("inf")  # by the processes that came later
    for line in reversed(lines):
        starts += line["seconds"]["compile"] > 0
        kept = line["step"] <= kept_to
        for phase, value in line["seconds"].items():
            if kept or phase in {"start", "compile"}:
                seconds[phase] += value
            else:
                lost += value
        kept_to = min(kept_to, line["from"]) if line["seconds"]["compile"] > 0 else kept_to
    return Spent(seconds, lost, starts)
