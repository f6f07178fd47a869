"""Histograms of whole-text scores, with the limits that the policy sets on them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gemsieve.filters import Filter
from gemsieve.filters.detector import PROBABILITY
from gemsieve.filters.policy import Rule
from gemsieve.pipeline.tally import BINS, PER_OCTAVE, Tally


@dataclass(frozen=True)
class Limit:
    """What one rule asks of a score.

    Attributes:
        words: The rule as a phrase, such as `drop above 0.5`.
        values: Where its lines are drawn.
        zones: The stretches of the score that it acts on; their ends may be infinite.
    """

    words: str
    values: tuple[float, ...]
    zones: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Histogram:
    """One label's scores.

    Attributes:
        kept: Records by bin, redacted ones among them, from bin 0 on.
        dropped: The same for the dropped.
        blamed: Records for which the label was a reason, under any action.
    """

    label: str
    probability: bool
    kept: Sequence[int]
    dropped: Sequence[int]
    limits: Sequence[Limit]
    blamed: int

    @property
    def harm(self) -> str:
        """The part of the label before its first dot."""
        return self.label.split(".")[0]

    @property
    def words(self) -> str:
        """The policy's rules on the label."""
        return "; ".join(limit.words for limit in self.limits) or "no limit"

    def position(self, value: float) -> float:
        """Return where a value lies on the axis of bins, the inverse of `tally.bin_of`."""
        if self.probability:
            return value * BINS
        return PER_OCTAVE * math.log2(max(value, 0.0) + 1)


def histograms(tally: Tally, judge: Filter) -> list[Histogram]:
    """Return one histogram a measured label, by harm, the most blamed first.

    Choices such as `language.*` have none: they are classes, counted elsewhere.
    """
    detectors = judge.detectors["corpus"]
    ranges = {label: r for d in detectors for label, r in d.labels.ranges().items()}
    choices = frozenset(label for d in detectors for label in d.labels.choices)
    blamed: Counter[str] = Counter()
    for (_, label, *_), n in tally.reasons.items():
        blamed[label] += n
    measured = {label for label, _, _ in tally.scores} - choices
    found = [
        Histogram(
            label,
            ranges.get(label) == PROBABILITY,
            bins(tally, label, ("kept", "redacted")),
            bins(tally, label, ("dropped",)),
            limits(judge, label),
            blamed[label],
        )
        for label in measured
    ]
    return sorted(found, key=lambda h: (h.harm, -h.blamed, h.label))


def bins(tally: Tally, label: str, outcomes: Sequence[str]) -> list[int]:
    """Return a label's records by bin, from bin 0 to the last that any outcome fills."""
    places = [int(place) for name, _, place in tally.scores if name == label]
    return [
        sum(tally.scores[label, outcome, str(place)] for outcome in outcomes)
        for place in range(max(places, default=0) + 1)
    ]


def limits(judge: Filter, label: str) -> list[Limit]:
    """Return the limits that the corpus rules set on a label, in their order."""
    rules = judge.policy.ruleset("corpus")
    found = (limit(rules.rules[i]) for i in rules.about(label))
    return [one for one in found if one is not None]


def limit(rule: Rule) -> Limit | None:
    """Return a rule's limit, or None when it does not look at the score."""
    action = rule.action.name.lower()
    when = "".join(f" when {name} is {' or '.join(v)}" for name, v in rule.when.items())
    if rule.above is not None:
        words, values = f"above {rule.above:,.10g}", (rule.above,)
        return Limit(f"{action} {words}{when}", values, ((rule.above, math.inf),))
    if rule.below is not None:
        words, values = f"below {rule.below:,.10g}", (rule.below,)
        return Limit(f"{action} {words}{when}", values, ((-math.inf, rule.below),))
    if rule.outside is not None:
        low, high = rule.outside
        words = f"outside {low:,.10g} to {high:,.10g}"
        return Limit(f"{action} {words}{when}", (low, high), ((-math.inf, low), (high, math.inf)))
    return None
