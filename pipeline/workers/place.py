"""Where a child is with its work: it writes, whoever watches it reads, and neither waits."""

from __future__ import annotations

import mmap
import struct
from typing import NamedTuple

IDLE, READING, JUDGING = range(3)

# Marks so far, phase, first and last record, characters. A mark costs less than a microsecond.
LAYOUT = struct.Struct("=5q")


class Spot(NamedTuple):
    """What a child is at.

    Attributes:
        marks: How many marks were made so far: another number is another piece of work.
        phase: `IDLE` (it loads, publishes or waits), `READING` or `JUDGING`.
        first, last: The records that it reads or judges, both included; of those that it reads
            it may be at any.
        characters: How much text is judged.
    """

    marks: int
    phase: int
    first: int
    last: int
    characters: int


class Place:
    """A few bytes that two processes share; who made a mark may die, and the mark stays."""

    def __init__(self, descriptor: int = -1) -> None:
        """Look at a file of `LAYOUT.size` bytes; without one, at memory that nobody watches."""
        self._memory = mmap.mmap(descriptor, LAYOUT.size)
        self._marks = 0

    def read(self) -> Spot:
        """Return the last mark."""
        return Spot(*LAYOUT.unpack(self._memory))

    def idle(self) -> None:
        """Mark that no record is worked on."""
        self._mark(IDLE, 0, 0, 0)

    def reading(self, first: int, last: int) -> None:
        """Mark that records are read, from one to no further than another."""
        self._mark(READING, first, last, 0)

    def judging(self, first: int, last: int, characters: int) -> None:
        """Mark that the text of these records is judged."""
        self._mark(JUDGING, first, last, characters)

    def _mark(self, *values: int) -> None:
        self._marks += 1
        LAYOUT.pack_into(self._memory, 0, self._marks, *values)
