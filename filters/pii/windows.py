"""Search an expression only where a gate has seen ends of matches, with the results of a full scan.

The scanner reports every place where a match may end. What follows holds for any expression, by
this argument: a match that ends at a reported place began at most its greatest width before it, so
no match begins outside the windows [end - width, end]; windows that overlap are made one, so no
match crosses a window's border, and a leftmost search from its start does what the search of the
whole text does there. The text is cut a little behind a window to keep the search short; what the
cut could feign (a word's end, a lookahead denied) ends behind the window and is searched again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

Window = tuple[int, int]


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
