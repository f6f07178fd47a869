"""The children of a worker process: each does one slice's work at a time, and is watched at it.

A document can make a detector hang, crash its process or take all memory. The child is ended
then, and where it was stands in memory that it shared; a new one takes its place.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.workers import machine
from gemsieve.pipeline.workers.place import IDLE, LAYOUT, READING, Place, Spot

TICK = 0.2  # seconds between two looks at a child
# So many characters may take as long as any record may. With the 60 s that are the default, that
# is 20,000 a second, where the slowest detector that we know of does 200,000, on digits alone.
LENGTH = 1_200_000
MOST_READ = 12_000_000  # characters that a batch may come to before it is judged
# A child that has sieved a large slice would keep the 60 MB that it took. So Arrow allocates as all
# others do, and large blocks, and the heap's end, go back to the system when they are free.
SPARING = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 18),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 20),
}

Reason = Literal["timed_out", "out_of_memory", "crashed"]


@dataclass(frozen=True)
class Limits:
    """What a child may take.

    Attributes:
        seconds: For a record, and again for each `LENGTH` of it.
        memory: Bytes; 0 for a share of the machine's.
        children: How many there may be at once in one worker process.
        processes: How many worker processes share the machine; 0 for one each core.
    """

    seconds: float
    memory: int
    children: int
    processes: int

    @cached_property
    def bytes(self) -> int:
        """What a child may hold on this machine."""
        processes = self.processes or os.cpu_count() or 1
        return self.memory or machine.share(self.children * processes)

    def allowed(self, spot: Spot) -> float:
        """Return how many seconds a child may stay at a place."""
        if spot.phase == IDLE:  # models may come from far, and disks may be slow to sync
            return float("inf")
        characters = MOST_READ if spot.phase == READING else spot.characters
        return self.seconds * (1 + characters / LENGTH)


class Fallen(Exception):  # noqa: N818  # no error yet: somebody has to find out whose
    """A child did not come to the end of its work.

    Attributes:
        spot: Where it was.
        outside: Somebody else ended it, or the system did.
    """

    def __init__(self, reason: Reason, spot: Spot, *, outside: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.spot, self.outside = reason, spot, outside


class FailedError(RuntimeError):
    """A child says that its work cannot be done; holds no words of a text."""


class Clock:
    """Measures the time that a process takes; what it waits for a processor is none of its own."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._time, self.look = time.monotonic(), machine.look(process)

    def passed(self) -> float:
        """Return the seconds that the process took since it was asked before."""
        time_before, before = self._time, self.look
        self._time, self.look = time.monotonic(), machine.look(self._process)
        # A pause of everybody's, such as Ctrl-Z, is not held against it either.
        seconds = min(self._time - time_before, 2 * TICK)
        if before and self.look and self.look.runs:
            return min(seconds, self.look.seconds - before.seconds)
        return seconds


class Child:
    """One child process, started at once."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pipe, theirs = multiprocessing.Pipe()
        with theirs, tempfile.TemporaryFile() as shared:
            shared.truncate(LAYOUT.size)
            self._place = Place(shared.fileno())
            inherited = (theirs.fileno(), shared.fileno())
            command = [
                sys.executable,
                "-m",
                "gemsieve.pipeline.workers.child",
                *map(str, inherited),
            ]
            search = os.pathsep.join(filter(None, sys.path))
            self._process = subprocess.Popen(  # noqa: S603  # our own module
                command, pass_fds=inherited, env=SPARING | os.environ | {"PYTHONPATH": search}
            )

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def ask(self, step: object, method: str, piece: Slice, *more: int) -> None:
        """Have a method of a step's do its work on a slice.

        Raises:
            Fallen: The child came to its end, or was brought to it.
            FailedError: The work cannot be done.
        """
        try:
            self._pipe.send((step, method, piece, more))
            self._watch()
            fault: str | None = self._pipe.recv()
        except (EOFError, OSError):
            raise self._ended() from None
        if fault is not None:
            raise FailedError(f"{piece.source}: {fault}")

    def _watch(self) -> None:
        """Wait for an answer, but not for longer than a record may take."""
        spot, taken, clock = self._place.read(), 0.0, Clock(self.pid)
        while not self._pipe.poll(TICK):
            here, passed = self._place.read(), clock.passed()
            spot, taken = (here, 0.0) if here.marks != spot.marks else (spot, taken + passed)
            if taken > self._limits.allowed(spot):
                raise self._end("timed_out")
            if clock.look and clock.look.bytes > self._limits.bytes:
                raise self._end("out_of_memory")

    def _end(self, reason: Reason) -> Fallen:
        self.close()
        return Fallen(reason, self._place.read())

    def _ended(self) -> Fallen:
        self.close()
        outside = self._process.returncode in {-9, -15}  # SIGKILL is the system's way, too
        return Fallen("crashed", self._place.read(), outside=outside)

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.kill()
        self._process.wait()


class Children:
    """As many children as there is work for at once, up to a limit; each is kept for more."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._turns = threading.Semaphore(limits.children)
        self._idle: list[Child] = []
        self._all: set[Child] = set()
        self._closed = False

    def ask(self, step: object, method: str, piece: Slice, *more: int) -> None:
        """Have a child do this: `Child.ask`."""
        with self._turns:
            child = self._idle.pop() if self._idle else Child(self._limits)
            self._all.add(child)
            try:
                if self._closed:
                    raise FailedError(f"{piece.source}: the job was stopped")
                child.ask(step, method, piece, *more)
            except BaseException:
                self._all.discard(child)
                child.close()
                raise
            self._idle.append(child)

    def close(self) -> None:
        """End all of them, at work or not."""
        self._closed = True
        for child in list(self._all):
            child.close()


_CHILDREN: dict[Limits, Children] = {}
_LOCK = threading.Lock()


def children(limits: Limits) -> Children:
    """Return this process's children under some limits, the same for all its threads and steps."""
    with _LOCK:
        return _CHILDREN.setdefault(limits, Children(limits))


def close() -> None:
    """End all children of this process."""
    with _LOCK:
        for each in _CHILDREN.values():
            each.close()
        _CHILDREN.clear()
