"""A text in pieces for the inspector's page: findings masked, and what hides is shown by name.

Pieces are plain data; a mask holds a length and none of the words behind it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

from gemsieve.filters.finding import Span

LONGEST = 100_000  # characters of one text on a page

# Findings by their number, and where each stands in the text that is shown.
Places = Mapping[int, Span]


def pieces(
    text: str, places: Places, shown: Collection[int] | None, window: Span | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the pieces of a text, in order; of `window` alone where it is given.

    Args:
        text: The text.
        places: Where findings stand in it.
        shown: The findings that were asked for; None for all of them.
        window: Start and end of the part that is wanted.

    Yields:
        `start` (code points), `findings` that stand there, and one of `text`, `mask` (a length)
        and `sign` (a character that would hide or steer what is shown, by its name).
    """
    first, last = window or (0, min(len(text), LONGEST))
    for (start, end), found in stretches(places, first, last):
        base = {"start": start, "findings": found} if found else {"start": start}
        if found and shown is not None and not shown_among(found, shown):
            yield base | {"mask": end - start}
        else:
            yield from visible(text[start:end], base)


def shown_among(found: Sequence[int], shown: Collection[int]) -> bool:
    """Say whether one of the findings at a place was asked for."""
    return any(number in shown for number in found)


def stretches(places: Places, first: int, last: int) -> Iterator[tuple[Span, list[int]]]:
    """Yield disjoint stretches that cover a window, each with the findings that stand there."""
    edges = {first, last}
    begins: dict[int, list[int]] = {}
    ends: dict[int, list[int]] = {}
    for number, (start, end) in places.items():
        start, end = max(start, first), min(end, last)  # noqa: PLW2901  # within the window
        if start < end:
            begins.setdefault(start, []).append(number)
            ends.setdefault(end, []).append(number)
            edges |= {start, end}
    here: set[int] = set()
    order = sorted(edges)
    for start, end in pairwise(order):
        here.difference_update(ends.get(start, ()))
        here.update(begins.get(start, ()))
        yield (start, end), sorted(here)


def visible(text: str, base: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a stretch's letters, and apart from them the signs that a page would not show."""
    if text.isprintable():
        yield {**base, "text": text}
        return
    at = base["start"]
    for hidden, run in groupby(text, hides):
        letters = "".join(run)
        if hidden:
            yield from ({**base, "start": at + i, "sign": named(c)} for i, c in enumerate(letters))
        else:
            yield {**base, "start": at, "text": letters}
        at += len(letters)


def hides(sign: str) -> bool:
    """Say whether a character shows nothing of itself, or changes how others are shown."""
    return not sign.isprintable() and sign not in "\n\t" and unicodedata.category(sign) != "Zs"


def plain(text: str) -> str:
    """Return a name or value with a sign of its own in place of each letter that hides."""
    return "".join("\N{REPLACEMENT CHARACTER}" if hides(c) else c for c in text)


def named(sign: str) -> str:
    """Return a character's number and name: `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    return f"U+{ord(sign):04X} {unicodedata.name(sign, '')}".strip()
