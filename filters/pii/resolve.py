"""Say once what a stretch of text is, where recognizers of several entities claim it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from gemsieve.filters.pii.overlap import Hit

PROVEN = 1.0
# Hits are looked up by the stretches of so many characters that they touch.
STRETCH = 256


def resolve(hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits that stand, in order; `beats` is the rule.

    The strong are heard first: proven ones, then by score, length, place and name of the entity.
    So a hit goes only for one that stands, and what goes scores no more than what it goes for.
    """
    kept: defaultdict[int, list[Hit]] = defaultdict(list)
    standing: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (-h.score, h.start - h.end, h.start, h.entity)):
        stretches = range(hit.start // STRETCH, (hit.end - 1) // STRETCH + 1)
        if any(beats(other, hit) for stretch in stretches for other in kept[stretch]):
            continue
        standing.append(hit)
        for stretch in stretches:
            kept[stretch].append(hit)
    return sorted(standing, key=lambda h: (h.start, h.end, h.entity))


def beats(strong: Hit, weak: Hit) -> bool:
    """Say whether a hit takes the place of one that is no stronger.

    It does when they overlap and it covers the other; or both are of one entity; or it is proven by
    a checksum and the other is not, unless the other holds it and more (a link with an address).
    """
    if strong.end <= weak.start or weak.end <= strong.start:
        return False
    if strong.entity == weak.entity or (strong.start <= weak.start and weak.end <= strong.end):
        return True
    held = weak.start <= strong.start and strong.end <= weak.end
    return strong.score >= PROVEN > weak.score and not held
