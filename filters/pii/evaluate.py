"""Score found spans against marked ones: counts, precision, recall and F, with intervals.

Two boundaries. Strict: a span found is right if its entity, start and end are those of a marked
one. Overlapping: one character in common is enough, but each marked span answers for one found
span and each found for one marked (a greatest matching, so no order can lose a pair). One long
guess over three marked names is therefore one hit and two misses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from gemsieve.filters.finding import Span
from gemsieve.filters.intervals import wilson

Boundaries = Literal["strict", "overlapping"]
BOUNDARIES: tuple[Boundaries, ...] = get_args(Boundaries)


class Mark(NamedTuple):
    """An entity's span in a text, in code points, end exclusive."""

    entity: str
    start: int
    end: int


Marks = Sequence[Collection[Mark]]  # of each text, in order


@dataclass(frozen=True, slots=True)
class Counts:
    """Spans that were found and marked, found alone, and marked alone."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float | None:
        """The share of the found that is marked; None where nothing is found."""
        return share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """The share of the marked that is found; None where nothing is marked."""
        return share(self.tp, self.tp + self.fn)

    @property
    def recall_interval(self) -> tuple[float, float] | None:
        """Wilson's interval of the recall, at 95 %; None where nothing is marked."""
        marked = self.tp + self.fn
        return wilson(self.tp, marked) if marked else None

    def f(self, beta: float) -> float | None:
        """Van Rijsbergen's F, in which recall weighs `beta` times as much as precision.

        None where there is nothing, found or marked.
        """
        weight = beta * beta
        right = (1 + weight) * self.tp
        return share(right, right + weight * self.fn + self.fp)


def share(part: float, whole: float) -> float | None:
    """Return a quotient, or None of nothing."""
    return part / whole if whole else None


def score(marked: Marks, found: Marks, boundaries: Boundaries) -> dict[str, Counts]:
    """Return the counts of every entity that is marked or found, in alphabetical order.

    Raises:
        ValueError: The two are not about as many texts.
    """
    total: dict[str, Counts] = {}
    for gold, guess in zip(map(by_entity, marked), map(by_entity, found), strict=True):
        for entity in gold.keys() | guess.keys():
            counts = compared(gold.get(entity, set()), guess.get(entity, set()), boundaries)
            total[entity] = total.get(entity, Counts()) + counts
    return dict(sorted(total.items()))


def by_entity(marks: Iterable[Mark]) -> dict[str, set[Span]]:
    """Return the spans of each entity; one that is given twice counts once."""
    spans: dict[str, set[Span]] = {}
    for entity, start, end in marks:
        spans.setdefault(entity, set()).add((start, end))
    return spans


def compared(marked: set[Span], found: set[Span], boundaries: Boundaries) -> Counts:
    """Return the counts of one entity in one text."""
    tp = len(marked & found) if boundaries == "strict" else pairs(marked, found)
    return Counts(tp, len(found) - tp, len(marked) - tp)


def pairs(marked: Collection[Span], found: Collection[Span]) -> int:
    """Return the greatest number of pairs of a marked and a found span that overlap.

    Of all spans without a partner, the one that ends first takes, of those it overlaps, the one
    that ends first: whatever overlaps it holds the character before its end, so another partner
    would serve the rest no better.
    """
    waiting = sorted([(end, start, 0) for start, end in marked] + [(e, s, 1) for s, e in found])
    count = 0
    while waiting:
        end, _, side = waiting.pop(0)
        for i, (_, start, other) in enumerate(waiting):
            if other != side and start < end:
                del waiting[i]
                count += 1
                break
    return count


def micro(counts: Mapping[str, Counts]) -> Counts:
    """Return the counts of all entities together."""
    return sum(counts.values(), Counts())


def macro(counts: Mapping[str, Counts]) -> dict[str, float]:
    """Return the plain mean over entities of each figure; a figure of nothing counts as 0."""
    rows = counts.values()
    return {
        name: sum(figure or 0.0 for figure in figures) / max(len(rows), 1)
        for name, figures in {
            "precision": [row.precision for row in rows],
            "recall": [row.recall for row in rows],
            "f1": [row.f(1) for row in rows],
            "f2": [row.f(2) for row in rows],
        }.items()
    }
