"""Drop what Presidio drops: a hit inside another of its entity that scores as high or higher."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Hit(NamedTuple):
    """One match of a recognizer: code points, end exclusive, and a score in 0..1."""

    entity: str
    start: int
    end: int
    score: float


def distinct(hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits that stand, in the order of the text.

    The rule is `EntityRecognizer.remove_duplicates` of presidio-analyzer: hits are visited by
    entity, then from left to right, long before short, sure before unsure; one that lies within a
    hit kept before and does not exceed its score goes, and so does one without any.
    """
    kept: list[Hit] = []
    active: list[Hit] = []
    entity = ""
    for hit in sorted(set(hits), key=lambda h: (h.entity, h.start, -h.end, -h.score)):
        if hit.entity != entity:
            entity, active = hit.entity, []
        active = [other for other in active if other.end >= hit.start]
        if hit.score > 0 and not any(
            hit.end <= other.end and hit.score <= other.score for other in active
        ):
            kept.append(hit)
            active.append(hit)
    return sorted(kept, key=lambda h: (h.start, h.end, h.entity))
