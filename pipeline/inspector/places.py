"""Where findings stand in a kept text that was redacted, by what stands there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from gemsieve.filters.finding import Span
from gemsieve.filters.operators.operator import entity, placeholder
from gemsieve.filters.operators.plain import REDACT
from gemsieve.filters.redact import Cut

Rows = Sequence[Mapping[str, Any]]  # findings as the shards hold them


class Hidden(NamedTuple):
    """Where findings stand in a text, and which of them only a placeholder stands for."""

    places: dict[int, Span]
    written: frozenset[int]


def given(findings: Rows) -> dict[int, Span]:
    """Return where findings stand in the text as it was read, by their numbers."""
    return {
        i: (row["start"], row["end"]) for i, row in enumerate(findings) if row["start"] is not None
    }


def hidden(findings: Rows, text: str, reasons: Collection[str]) -> Hidden:
    """Return where findings stand in a text in which placeholders stand for some of them.

    Letters that a placeholder replaced are at the whole of it.
    """
    spans = given(findings)
    made = cuts(
        [
            (*span, findings[i]["label"])
            for i, span in spans.items()
            if findings[i]["label"] in reasons
        ],
        text,
    )
    starts, ends = [cut.original[0] for cut in made], [cut.original[1] for cut in made]
    places, written = {}, set()
    for i, (start, end) in spans.items():
        before, after = bisect_right(starts, start) - 1, bisect_left(ends, end)
        if after < len(made) and made[after].original[0] <= start:
            written.add(i)
        first = moved(start, made, before, left=True)
        last = moved(end, made, bisect_left(starts, end) - 1, left=False)
        places[i] = min(first, len(text)), min(last, len(text))
    return Hidden(places, frozenset(written))


def cuts(candidates: Sequence[tuple[int, int, str]], text: str) -> list[Cut]:
    """Return what was written over, of findings (start, end, label) that may have been.

    One was if its placeholder stands where it must; those that reach into it were joined to it.
    """
    made: list[Cut] = []
    for start, end, label in sorted(candidates, key=lambda c: (c[0], -c[1], c[2])):
        last = made[-1] if made else Cut((0, 0), (0, 0))
        if made and start < last.original[1]:
            made[-1] = Cut((last.original[0], max(last.original[1], end)), last.replaced)
            continue
        mark = placeholder(entity(label))
        at = start + last.replaced[1] - last.original[1]
        if text.startswith(mark, at):
            made.append(Cut((start, end), (at, at + len(mark))))
    return made


def moved(offset: int, made: Sequence[Cut], at: int, *, left: bool) -> int:
    """Return where an edge of a span went, by the last cut that begins before it."""
    if at < 0:
        return offset
    cut = made[at]
    if offset < cut.original[1]:
        return cut.replaced[0] if left else cut.replaced[1]
    return offset + cut.replaced[1] - cut.original[1]


def knowable(operators: str, transforms: Sequence[str]) -> bool:
    """Say whether the places are known without the text as it was read.

    They are where nothing but placeholders was written, whose lengths are known.
    """
    return operators == REDACT.name and not transforms
