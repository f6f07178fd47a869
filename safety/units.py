"""Cut a text into units, each with what stands around it: the one segmentation of the guard.

`units` cuts a whole text and is the definition; `Cutter` gives the same units from a stream, each
as soon as its horizon is there, whatever the chunks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A sentence ends with the white space after its mark and closing quotes, or with the mark itself
# where the script puts no space; a line ends with its break. Nothing beyond the end is looked at,
# so that an end once seen stays one, whatever follows.
SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*\s|[。！？]|\n")
# What may become one when white space follows.
MARK_AT_END = re.compile(r"[.!?…][\"'”’»)\]]*\Z")


@dataclass(frozen=True)
class Horizon:
    """How a text is cut and how far around a unit the guard looks, in code points.

    Attributes:
        before: Most characters judged before a unit (C in the guard's definition).
        after: Most characters judged after it, and so held back (H). 256 because no e-mail
            address is longer than 254 (RFC 5321, section 4.5.3.1.3, less its brackets).
        shortest: A unit is at least this long, but for the last. So a character is judged at
            most `1 + ceil(before / shortest) + ceil(after / shortest)` times.
        longest: A unit is cut here when no sentence ends (N).

    Raises:
        ValueError: A number is negative, or no unit could be cut.
    """

    before: int = 256
    after: int = 256
    shortest: int = 128
    longest: int = 512

    def __post_init__(self) -> None:
        if min(self.before, self.after) < 0 or not 1 <= self.shortest <= self.longest:
            raise ValueError(f"{self}: needs before, after >= 0 and 1 <= shortest <= longest")


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of text that is released or held as one, between what is judged with it.

    Attributes:
        open: The text may go on behind what is judged.
    """

    before: str
    text: str
    after: str
    open: bool = True

    @property
    def window(self) -> str:
        """All that is judged."""
        return self.before + self.text + self.after


def unit_end(text: str, start: int, horizon: Horizon, searched: int = 0) -> int | None:
    """Return where the unit that begins at `start` ends, or None while more text could tell.

    No end is looked for that begins before `searched`.
    """
    limit = start + horizon.longest
    for match in SENTENCE_END.finditer(text, max(start, searched), limit):
        if match.end() >= start + horizon.shortest:
            return match.end()
    return limit if len(text) >= limit else None


def unit_at(text: str, start: int, end: int, horizon: Horizon) -> Unit:
    """Return the unit between two offsets with its surroundings."""
    before = text[max(0, start - horizon.before) : start]
    after = text[end : end + horizon.after]
    return Unit(before, text[start:end], after, len(after) == horizon.after)


def units(text: str, horizon: Horizon, start: int = 0) -> Iterator[Unit]:
    """Yield the units of a whole text in order; joined they are the text from `start` on."""
    while start < len(text):
        end = unit_end(text, start, horizon) or len(text)
        yield unit_at(text, start, end, horizon)
        start = end


class Cutter:
    """Cuts a stream into the units of its whole text, each once its horizon is there.

    However small the chunks, no character is looked at again to find where a unit ends, but for
    closing quotes behind a mark.
    """

    def __init__(self, horizon: Horizon) -> None:
        self._horizon = horizon
        self._text = ""  # from `before` characters ahead of the next unit
        self._start = 0  # where the next unit begins in it
        self._end: int | None = None  # where it ends, once that is known
        self._searched = 0  # no end that begins before this place is of the next unit

    def feed(self, chunk: str) -> list[Unit]:
        """Take more text and return the units that no further text can change."""
        horizon = self._horizon
        self._text += chunk
        ready: list[Unit] = []
        while (end := self._known_end()) is not None and len(self._text) >= end + horizon.after:
            ready.append(unit_at(self._text, self._start, end, horizon))
            self._start, self._end, self._searched = end, None, end
        if ready:
            self._forget(max(0, self._start - horizon.before))
        return ready

    def _known_end(self) -> int | None:
        """Return where the next unit ends, or None while more text could tell."""
        if self._end is None:
            self._end = unit_end(self._text, self._start, self._horizon, self._searched)
            if self._end is None:
                mark = MARK_AT_END.search(self._text, self._searched)
                self._searched = mark.start() if mark else len(self._text)
        return self._end

    def _forget(self, count: int) -> None:
        """Drop the first characters."""
        self._text, self._start = self._text[count:], self._start - count
        self._searched -= count
        self._end = None if self._end is None else self._end - count

    def finish(self) -> list[Unit]:
        """Return the units of what is left; the stream has ended."""
        left = list(units(self._text, self._horizon, self._start))
        self._text, self._start, self._end, self._searched = "", 0, None, 0
        return left
