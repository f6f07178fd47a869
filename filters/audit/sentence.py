"""The sentence that a place in a text belongs to."""

from __future__ import annotations

import re

from gemsieve.filters.finding import Span

END = re.compile(r"[.!?…]+[\"'”’)\]]*\s|[\n。！？]")
REACH = 400  # characters on each side: text without full stops is cut where it has white space


def sentence(text: str, start: int, end: int) -> Span:
    """Return the span of the sentence around a place, without the white space at its ends.

    An abbreviation may end it early: what is left still says the same about whoever it names.
    """
    left, right = max(0, start - REACH), min(len(text), end + REACH)
    before = [match.end() for match in END.finditer(text, left, start)]
    after = END.search(text, end, right)
    first = before[-1] if before else from_space(text, left, start)
    last = after.end() if after else to_space(text, end, right)
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return first, last


def from_space(text: str, left: int, start: int) -> int:
    """Return where the first whole word from a cut on begins."""
    space = text.find(" ", left, start) if left else -1
    return left if space < 0 else space + 1


def to_space(text: str, end: int, right: int) -> int:
    """Return where the last whole word before a cut ends."""
    space = text.rfind(" ", end, right) if right < len(text) else -1
    return right if space < 0 else space
