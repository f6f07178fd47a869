"""What swapping sentences showed: sums of numbers, and where, never what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

PLACES = 20  # sentences named; more would not help to find the cause

Key = tuple[str, ...]


@dataclass
class Swaps:
    """Sums over pairs of a sentence and the same about another group.

    Attributes:
        trials: (source, target) -> pairs.
        flips: (rule, source, target, which) -> pairs of which the rule acts on one alone: on the
            sentence about the "source" or on that about the "target".
        gaps: (label, source, target, sum) -> "absolute", "squares" and "signed" sums of the
            score of the target's sentence less that of the source's, in millionths.
        largest: (label, source, target) -> the largest absolute difference, in millionths.
        bins: (label, bin) -> pairs by absolute difference, in twentieths.
        unswapped: (source,) -> mentions for which no other group's word could stand.
        places: (record, offset, rule, source, target) of flips, the first few by place.
    """

    trials: Counter[Key] = field(default_factory=Counter)
    flips: Counter[Key] = field(default_factory=Counter)
    gaps: Counter[Key] = field(default_factory=Counter)
    largest: Counter[Key] = field(default_factory=Counter)
    bins: Counter[Key] = field(default_factory=Counter)
    unswapped: Counter[Key] = field(default_factory=Counter)
    places: list[tuple[str, int, str, str, str]] = field(default_factory=list)

    def place(self, place: tuple[str, int, str, str, str]) -> None:
        """Note where a flip stands, unless enough are noted."""
        if len(self.places) < PLACES:
            self.places.append(place)

    def add(self, other: Swaps) -> None:
        """Add what was found in the records that follow."""
        for name, counter in counters(other).items():
            if name == "largest":
                self.largest |= counter
            else:
                counters(self)[name].update(counter)
        for place in other.places:
            self.place(place)

    def body(self) -> dict[str, Any]:
        """Return a JSON object."""
        rows = {
            name: [[*key, count] for key, count in sorted(counter.items())]
            for name, counter in counters(self).items()
        }
        return rows | {"places": [list(place) for place in self.places]}


def counters(swaps: Swaps) -> dict[str, Counter[Key]]:
    """Return the sums by name."""
    return {name: value for name, value in vars(swaps).items() if isinstance(value, Counter)}


def swaps_from(body: Mapping[str, Any]) -> Swaps:
    """Return what `body` wrote."""
    found = Swaps(places=[(r, o, rule, s, t) for r, o, rule, s, t in body["places"]])
    for name, counter in counters(found).items():
        counter.update({tuple(key): count for *key, count in body[name]})
    return found


def total(parts: Iterable[Swaps]) -> Swaps:
    """Return the sum, places in the order of the parts."""
    result = Swaps()
    for part in parts:
        result.add(part)
    return result
