"""Write over what is redacted in a unit, and know what of it stands as it was written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gemsieve.filters.finding import Span
from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.operator import Edit, placeholder
from gemsieve.safety.units import Unit

SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Mask:
    """What earlier units hide of the one that comes.

    Attributes:
        length: So many of its first characters are redacted; their placeholder has been written.
        open: The redaction goes on behind them, up to the next white space.
    """

    length: int = 0
    open: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What is released for a stretch of the text.

    Attributes:
        text: What leaves.
        length: The characters it stands for; 0 for words that are not the text's.
        hidden: Those of them that do not stand as they were: disjoint spans in order.
    """

    text: str
    length: int
    hidden: tuple[Span, ...] = ()


def touches(unit: Unit, span: Span) -> bool:
    """Say whether a span of the window covers a character of the unit itself."""
    start, end = span
    return end > len(unit.before) and start < len(unit.before) + len(unit.text)


def write(unit: Unit, edits: Sequence[Edit], mask: Mask, key: Key | None) -> tuple[Written, Mask]:
    """Return the unit with what is edited in it written over, and what that hides of the next.

    A stretch that earlier units began is removed silently, for what stands for it is there
    already; one that overlaps it goes the same way. A redaction that touches the horizon's edge
    may go on behind it: patterns without a bound (e-mail, URL, IPv6) never cross white space, so
    everything up to the next white space is hidden with it.

    Args:
        unit: The unit.
        edits: Those of its window that touch it, disjoint and in order.
        mask: What earlier units hide of it.
        key: The operators' key.
    """
    offset, size, edge = len(unit.before), len(unit.text), len(unit.text) + len(unit.after)
    hidden, is_open = mask.length, mask.open
    if is_open and hidden <= size:
        space = SPACE.search(unit.text, hidden)
        hidden, is_open = (space.start(), False) if space else (size, True)
    spans = [(0, min(hidden, size))] if hidden else []
    pieces: list[str] = []
    for edit in edits:
        start, end = edit.span[0] - offset, edit.span[1] - offset
        if start >= hidden or not hidden:
            # Of a value that is not all here, an operator would make something of its own.
            whole = start >= 0 and (end < edge or not unit.open)
            new = edit.written(unit.window, key) if whole else placeholder(edit.entity)
            pieces += [unit.text[hidden : max(start, 0)], new]
        if end > hidden:
            spans.append((max(start, hidden, 0), min(end, size)))
        hidden, is_open = max(hidden, end), is_open or end == edge
    pieces.append(unit.text[hidden:])
    return Written("".join(pieces), size, tuple(spans)), Mask(max(0, hidden - size), is_open)
