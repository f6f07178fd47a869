"""What stands beside an answer: notes on its stretches, and what its own model read of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Generic, TypeVar

from gemsieve.filters.finding import Span
from gemsieve.filters.readings import Reading, to_column

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Note(Generic[T]):
    """Something that belongs to a stretch of an answer.

    Attributes:
        span: The stretch, in code points from the answer's beginning; an empty one belongs to a
            place.
        value: What it is.
    """

    span: Span
    value: T


class Readings:
    """Gives each window the readings of its tokens, those that have a part in it.

    They come in order, each no later than its token's first character: so a window that has all of
    its text has all of its readings, however the text is cut. A token without characters belongs to
    the window that its place is in, and at the end of a text to the last.
    """

    def __init__(self) -> None:
        self._notes: deque[Note[Reading]] = deque()
        self._from = 0  # no reading that begins before this place may come
        self.given = False

    def add(self, notes: Iterable[Note[Reading]]) -> None:
        """Take what comes next.

        Raises:
            ValueError: It should have come before.
        """
        for note in notes:
            if note.span[0] < self._from:
                raise ValueError("a reading came out of order, or after its text was judged")
            self._notes.append(note)
            self._from, self.given = note.span[0], True

    def column(self, start: int, end: int, *, last: bool) -> str | None:
        """Return what a detector is shown of a window, of several in order; `last` ends the text.

        None where nothing of it was read.
        """
        while self._notes and not _reaches(self._notes[0].span, start):
            self._notes.popleft()
        self._from = max(self._from, end)
        edge = end + last
        return to_column(
            [
                note.value
                for note in takewhile(lambda note: note.span[0] < edge, self._notes)
                if _reaches(note.span, start)
            ]
        )


def _reaches(span: Span, start: int) -> bool:
    """Say whether a stretch does not end before a place; an empty one may stand there."""
    return span[1] > start or span[0] == span[1] == start
