"""Where findings stand in a kept text that was redacted, by what stands there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from gemsieve.filters.finding import Span
from gemsieve.filters.operators.operator import entity, placeholder
from gemsieve.filters.operators.plain import REDACT

Rows = Sequence[Mapping[str, Any]]  # findings as the shards hold them


def given(findings: Rows) -> dict[int, Span]:
    """Return where findings stand in the text as it was read, by their numbers."""
    return {
        i: (row["start"], row["end"]) for i, row in enumerate(findings) if row["start"] is not None
    }


class Hidden(NamedTuple):
    """Where findings stand in a text, and which of them only a placeholder stands for."""

    places: dict[int, Span]
    written: frozenset[int]


def hidden(findings: Rows, text: str, reasons: Collection[str]) -> Hidden:
    """Return where findings stand in a text in which placeholders stand for some of them.

    A finding whose label is a reason was written over if its placeholder stands where it must; one
    that was not, or stands behind, moves by what the others took. Those inside one that was written
    over share its place.
    """
    found: dict[int, Span] = {}
    over: set[int] = set()
    moved, passed = 0, 0  # how far the text moved; the end, as it was read, of what was written
    mark: Span = (0, 0)
    spans = given(findings)
    for i in sorted(spans, key=lambda i: (spans[i][0], -spans[i][1], findings[i]["label"])):
        (start, end), label = spans[i], findings[i]["label"]
        written = placeholder(entity(label))
        if end <= passed:
            found[i] = mark
            over.add(i)
        elif start >= passed and label in reasons and text.startswith(written, start + moved):
            mark = start + moved, start + moved + len(written)
            found[i], passed, moved = mark, end, mark[1] - end
            over.add(i)
        elif start >= passed and end + moved <= len(text):
            found[i] = start + moved, end + moved
    return Hidden(found, frozenset(over))


def knowable(operators: str, transforms: Sequence[str]) -> bool:
    """Say whether the places are known without the text as it was read.

    They are where nothing but placeholders was written, whose lengths are known.
    """
    return operators == REDACT.name and not transforms
