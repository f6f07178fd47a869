"""Search an expression only where a gate has seen ends of matches, with the results of a full scan.

The scanner reports every place where a match may end. What follows holds for any expression, by
this argument: a match that ends at a reported place began at most its greatest width before it, so
no match begins outside the windows [end - width, end]; windows that overlap are made one, so no
match crosses a window's border, and a leftmost search from its start does what the search of the
whole text does there. The text is cut a little behind a window to keep the search short; what the
cut could feign (a word's end, a lookahead denied) ends behind the window and is searched again.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator

# The only parser of expressions at hand; the same module from Python 3.11 to 3.14.
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

Window = tuple[int, int]
UNBOUNDED = 1 << 16


def widths(expression: str, flags: int) -> tuple[int, int]:
    """Return the greatest width of a match, and of what a lookahead may read behind it.

    UNBOUNDED for what has no bound, and for syntax that the standard library's parser does not
    know.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = parser.parse(expression, flags & (re.I | re.M | re.S | re.X))
    except re.error:
        return UNBOUNDED, UNBOUNDED
    ahead = max(lookaheads(tree), default=0)
    return min(tree.getwidth()[1], UNBOUNDED), min(max(ahead, 1), UNBOUNDED)


def lookaheads(node: object) -> Iterator[int]:
    """Yield the width of every lookahead in a parsed expression."""
    if isinstance(node, parser.SubPattern):
        for operator, argument in node:
            if operator in {constants.ASSERT, constants.ASSERT_NOT} and argument[0] > 0:
                yield argument[1].getwidth()[1]
            yield from lookaheads(argument)
    elif isinstance(node, tuple | list):
        for child in node:
            yield from lookaheads(child)


def merged(windows: Iterable[Window]) -> list[Window]:
    """Return the windows in order, those that overlap made one."""
    out: list[Window] = []
    for begin, end in sorted(windows):
        if out and begin < out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((max(begin, 0), end))
    return out


def search(
    pattern: regex.Pattern[str], text: str, windows: Iterable[Window], ahead: int
) -> Iterator[regex.Match[str]]:
    """Yield the matches that `pattern.finditer(text)` would, looking inside the windows alone."""
    for begin, end in merged(windows):
        position = begin
        while position < end:
            match = first(pattern, text, position, end, ahead)
            if match is None:
                break
            yield match
            position = match.end()


def first(
    pattern: regex.Pattern[str], text: str, position: int, end: int, ahead: int
) -> regex.Match[str] | None:
    """Return the first match that begins in [position, end), as in the uncut text."""
    while True:
        match = pattern.search(text, position, end + ahead)
        if match is None or match.start() >= end:
            return None
        if match.end() <= end or end + ahead >= len(text):
            return match
        ahead *= 4


def tokens(text: str, windows: Iterable[Window]) -> list[Window]:
    """Widen windows to the white space around them."""
    import regex

    before, after = regex.compile(r"(?r)\S*"), regex.compile(r"\S*")
    out: list[Window] = []
    for begin, end in merged(windows):
        done = out[-1][1] if out else 0
        if end > done:
            start = reach(before, text, done, max(begin, done))[0]
            out.append((start, reach(after, text, end, len(text))[1]))
    return out


def reach(run: regex.Pattern[str], text: str, begin: int, end: int) -> Window:
    """Return where a pattern that always matches, forwards or reversed, matches."""
    match = run.match(text, begin, end)
    return match.span() if match else (end, begin)
