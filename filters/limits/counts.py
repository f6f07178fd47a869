"""How often each score was given to texts whose label people told: all that a limit needs."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Protocol, runtime_checkable

# The limits that may be chosen. A score is counted at the first of them that it is not above, so
# the counts up to a limit are exactly the scores that pass it.
LIMITS = tuple(i / 1000 for i in range(1001))

Histogram = Mapping[int, int]  # index of a limit: scores counted there


@dataclass(frozen=True)
class ScoreCounts:
    """Scores of a calibration split, counted at limits; the split was never trained on.

    Attributes:
        positives: Of texts that the label is true of.
        negatives: Of those it is not.
        groups: By group of people, of harmless texts about them, for equal treatment.
    """

    positives: Histogram
    negatives: Histogram
    groups: Mapping[str, Histogram] = field(default_factory=dict)


@runtime_checkable
class Calibrated(Protocol):
    """A detector that ships with the scores of a calibration split; any detector may be one."""

    def score_counts(self, label: str) -> ScoreCounts | None:
        """Return the counts for one of its labels, None where there are none."""


def counts(
    labels: Sequence[bool],
    scores: Sequence[float],
    groups: Mapping[str, Sequence[float]] | None = None,
) -> ScoreCounts:
    """Count the scores of labelled texts, and of harmless texts by group.

    Raises:
        ValueError: A score is outside 0..1.
    """
    pairs = list(zip(labels, scores, strict=True))
    return ScoreCounts(
        histogram(score for label, score in pairs if label),
        histogram(score for label, score in pairs if not label),
        {name: histogram(some) for name, some in sorted((groups or {}).items())},
    )


def histogram(scores: Iterable[float]) -> Histogram:
    """Count each score at the first limit that it is not above."""
    found: Counter[int] = Counter()
    for score in scores:
        if not 0 <= score <= 1:
            raise ValueError(f"score {score!r} is outside 0..1")
        found[bisect_left(LIMITS, score)] += 1
    return dict(sorted(found.items()))


def passing(histogram: Histogram) -> list[int]:
    """Return for each limit how many scores are not above it."""
    return list(accumulate(histogram.get(i, 0) for i in range(len(LIMITS))))


def dump(by_label: Mapping[str, ScoreCounts], stamp: str) -> str:
    """Return counts as JSON; the stamp says which scores these are, as of which weights."""
    tables = {
        label: {"positives": c.positives, "negatives": c.negatives, "groups": dict(c.groups)}
        for label, c in sorted(by_label.items())
    }
    rows = [f" {json.dumps(name)}: {json.dumps(table)}" for name, table in tables.items()]
    return f'{{"stamp": {json.dumps(stamp)}, "labels": {{\n' + ",\n".join(rows) + "\n}}\n"


def load(text: str, stamp: str) -> dict[str, ScoreCounts]:
    """Read counts; none where the stamp is another, for they are then of other scores.

    Raises:
        ValueError: The text is no such JSON.
    """
    try:
        body = json.loads(text)
        if body["stamp"] != stamp:
            return {}
        return {
            label: ScoreCounts(
                read(table["positives"]),
                read(table["negatives"]),
                {name: read(some) for name, some in table["groups"].items()},
            )
            for label, table in body["labels"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no counts of scores: {error!r}") from None


def read(table: Mapping[str, int]) -> Histogram:
    """Read a histogram, whose keys JSON holds as strings."""
    found = {int(at): number for at, number in table.items()}
    if any(at not in range(len(LIMITS)) or number < 0 for at, number in found.items()):
        raise ValueError("no counts of scores: a place or a number is out of range")
    return found
