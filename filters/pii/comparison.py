"""Lay what two sides found beside what is marked: everything that `gemsieve eval pii` tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gemsieve.filters.pii.evaluate import BOUNDARIES, Counts, Mark, Marks, macro, micro, score
from gemsieve.filters.pii.labelled import Labelled
from gemsieve.filters.pii.validity import VALID, phone


@dataclass(frozen=True)
class Side:
    """One of those compared: its name, what it looks for, and what it found in each text."""

    name: str
    entities: frozenset[str]
    found: Marks


def compare(
    texts: Sequence[Labelled], sides: Sequence[Side], regions: Sequence[str]
) -> dict[str, Any]:
    """Return all figures, in a form that JSON holds.

    Judged are the entities that are marked somewhere and that a side looks for. Of the others,
    those marked are counted under `unsought` and those found under `unmarked`: the first no side
    can find, and of the second the set does not tell which are right.

    Args:
        texts: The marked texts.
        sides: What was found in them, by each side.
        regions: Where telephone numbers may be dialled without their country's code.
    """
    marked = [text.marks for text in texts]
    totals = Counter(mark.entity for marks in marked for mark in set(marks))
    sought = frozenset().union(*(side.entities for side in sides))
    judged = sorted(entity for entity in totals if entity in sought)
    obeying = valid(texts, regions)
    return {
        "entities": {
            entity: {
                "marked": totals[entity],
                **({"valid": count(obeying, entity)} if entity in VALID else {}),
                "sides": {side.name: figures_of(entity, marked, obeying, side) for side in sides},
            }
            for entity in judged
        },
        "overall": {side.name: overall(judged, marked, side) for side in sides},
        "unsought": {entity: totals[entity] for entity in sorted(totals.keys() - sought)},
        "unmarked": unmarked(totals, sides),
    }


def valid(texts: Sequence[Labelled], regions: Sequence[str]) -> list[list[Mark]]:
    """Return of each text the marks whose value obeys the rule of its entity."""
    rules: dict[str, Callable[[str], bool]] = {
        **VALID,
        "PHONE_NUMBER": partial(phone, regions=regions),
    }
    return [
        [m for m in text.marks if m.entity in rules and rules[m.entity](text.text[m.start : m.end])]
        for text in texts
    ]


def only(entity: str, marks: Marks) -> list[list[Mark]]:
    """Return the marks of one entity."""
    return [[mark for mark in row if mark.entity == entity] for row in marks]


def count(marks: Marks, entity: str) -> int:
    """Return how many different spans of an entity are marked."""
    return sum(len(set(row)) for row in only(entity, marks))


def figures_of(entity: str, marked: Marks, obeying: Marks, side: Side) -> dict[str, Any]:
    """Return the figures of an entity for one side, by boundaries."""
    gold, good, found = only(entity, marked), only(entity, obeying), only(entity, side.found)
    out: dict[str, Any] = {}
    for boundaries in BOUNDARIES:
        out[boundaries] = figures(score(gold, found, boundaries).get(entity, Counts()))
        if entity in VALID:
            counts = score(good, found, boundaries).get(entity, Counts())
            out[boundaries]["valid"] = recall(counts)
    return out


def overall(judged: Collection[str], marked: Marks, side: Side) -> dict[str, Any]:
    """Return the figures of all judged entities together, and their means."""
    out: dict[str, Any] = {}
    for boundaries in BOUNDARIES:
        rows = {
            entity: counts
            for entity, counts in score(marked, side.found, boundaries).items()
            if entity in judged
        }
        out[boundaries] = {"micro": figures(micro(rows)), "macro": macro(rows)}
    return out


def figures(counts: Counts) -> dict[str, Any]:
    """Return counts and what follows from them."""
    return {
        "tp": counts.tp,
        "fp": counts.fp,
        "fn": counts.fn,
        "precision": counts.precision,
        "f1": counts.f(1),
        "f2": counts.f(2),
        **recall(counts),
    }


def recall(counts: Counts) -> dict[str, Any]:
    """Return the recall and its interval."""
    return {"recall": counts.recall, "recall_interval": counts.recall_interval}


def unmarked(totals: Mapping[str, int], sides: Sequence[Side]) -> dict[str, dict[str, int]]:
    """Return how often each side found entities that are marked nowhere."""
    found = {side.name: Counter(m.entity for row in side.found for m in set(row)) for side in sides}
    entities = {entity for counts in found.values() for entity in counts} - totals.keys()
    return {
        entity: {name: counts[entity] for name, counts in found.items()}
        for entity in sorted(entities)
    }


def errors(
    texts: Sequence[Labelled], side: Side, judged: Collection[str]
) -> Iterator[dict[str, Any]]:
    """Yield where a side errs about the judged entities, by line and place; never the words.

    The kind is `missed` for a marked span that no found one of its entity touches, `inexact` for
    one that is touched and not met, and `extra` for a found span that touches no marked one.
    """
    for text, found in zip(texts, side.found, strict=True):
        gold = {mark for mark in text.marks if mark.entity in judged}
        guess = {mark for mark in found if mark.entity in judged}
        kinds = {mark: "inexact" if touched(mark, guess) else "missed" for mark in gold - guess}
        kinds |= {mark: "extra" for mark in guess - gold if not touched(mark, gold)}
        for mark, kind in sorted(kinds.items(), key=lambda item: item[0][1:] + item[0][:1]):
            yield {"side": side.name, "kind": kind, "line": text.line, **mark._asdict()}


def touched(mark: Mark, others: Collection[Mark]) -> bool:
    """Say whether a mark has a character in common with one of its entity."""
    return any(
        mark.entity == other.entity and mark.start < other.end and other.start < mark.end
        for other in others
    )
