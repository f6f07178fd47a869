"""Set a limit on a score so that a target is met with confidence, and say what it costs.

The limit for a rate of misses is that of risk-controlling prediction sets (Bates et al. 2021,
arXiv:2101.02703, theorem 1), the high-probability form of conformal risk control (Angelopoulos et
al., arXiv:2208.02814): the miss rate grows with the limit, so the largest limit whose own upper
bound is within the target keeps it, without a correction for the many limits that were tried.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from gemsieve.filters.limits import exact
from gemsieve.filters.limits.counts import LIMITS, ScoreCounts, passing

CONFIDENCE = 0.95


class UnreachableError(ValueError):
    """No limit meets the target; the text says what is within reach."""


@dataclass(frozen=True)
class Goal:
    """What a limit has to achieve; at least one of the first three is given.

    Attributes:
        miss_at_most: The share of texts the label is true of that may pass.
        false_alarm_at_most: The share of other texts that may be flagged.
        equal_false_alarms: By how much that share may differ between any two groups.
        confidence: With which each of the first two is promised, over draws of the split.
    """

    miss_at_most: float | None = None
    false_alarm_at_most: float | None = None
    equal_false_alarms: float | None = None
    confidence: float = CONFIDENCE


@dataclass(frozen=True)
class Limit:
    """A limit on a score, and what it lets pass and flags on the calibration split.

    Attributes:
        above: The limit: the rule acts on scores above it.
        gap: The largest difference between two groups' false alarm rates; None without groups.
    """

    label: str
    goal: Goal
    above: float
    missed: int
    positives: int
    alarms: int
    negatives: int
    gap: float | None

    @property
    def miss(self) -> float:
        """The share of positives that pass; NaN of none."""
        return share(self.missed, self.positives)

    @property
    def miss_bound(self) -> float:
        """What the rate of misses does not exceed, with the goal's confidence."""
        return exact.upper(self.missed, self.positives, self.goal.confidence)

    @property
    def miss_interval(self) -> tuple[float, float]:
        """The two-sided interval of the rate of misses."""
        return exact.interval(self.missed, self.positives, self.goal.confidence)

    @property
    def false_alarms(self) -> float:
        """The share of negatives that are flagged: the price; NaN of none."""
        return share(self.alarms, self.negatives)

    @property
    def false_alarm_bound(self) -> float:
        """What the rate of false alarms does not exceed, with the goal's confidence."""
        return exact.upper(self.alarms, self.negatives, self.goal.confidence)

    @property
    def false_alarm_interval(self) -> tuple[float, float]:
        """The two-sided interval of the rate of false alarms."""
        return exact.interval(self.alarms, self.negatives, self.goal.confidence)


def share(part: int, whole: int) -> float:
    """Return a share; NaN of nothing."""
    return part / whole if whole else float("nan")


def limit_for(label: str, found: ScoreCounts, goal: Goal) -> Limit:
    """Return the limit for a label that meets a goal.

    With `miss_at_most` it is the largest one that does: the fewest false alarms. Otherwise it is
    the smallest: the fewest misses.

    Raises:
        UnreachableError: No limit meets the goal.
    """
    curve = Curve(label, found, goal)
    least = max(curve.quiet(), curve.equal())
    if goal.miss_at_most is None:
        chosen = curve.at(least)
        if chosen.positives and chosen.missed == chosen.positives:
            raise UnreachableError(
                f"{wanted(goal)}: only a limit of {chosen.above:g} meets it, which catches nothing"
            )
        return chosen
    most = curve.catching(goal.miss_at_most)
    if most < least:
        raise UnreachableError(
            f"{wanted(goal)}: cannot be had together: to miss so little the limit must be at most"
            f" {LIMITS[most]:g}, for the rest at least {LIMITS[least]:g}, where up to"
            f" {curve.at(least).miss_bound:.3g} is missed"
        )
    return curve.at(most)


def wanted(goal: Goal) -> str:
    """Return a goal as a policy writes it."""
    names = ("miss_at_most", "false_alarm_at_most", "equal_false_alarms")
    given = [(name, getattr(goal, name)) for name in names]
    return ", ".join(f"{name} = {value:g}" for name, value in given if value is not None)


class Curve:
    """What each limit misses and flags on a calibration split."""

    def __init__(self, label: str, found: ScoreCounts, goal: Goal) -> None:
        self.label, self.goal = label, goal
        self.missed, kept = passing(found.positives), passing(found.negatives)
        self.positives, self.negatives = self.missed[-1], kept[-1]
        self.alarms = [self.negatives - number for number in kept]
        self.gaps = gaps([passing(some) for some in found.groups.values()])

    def at(self, place: int) -> Limit:
        """Return one of the limits."""
        return Limit(
            self.label,
            self.goal,
            LIMITS[place],
            self.missed[place],
            self.positives,
            self.alarms[place],
            self.negatives,
            self.gaps[place] if self.gaps else None,
        )

    def catching(self, most: float) -> int:
        """Return the largest limit whose bound on misses is at most this."""
        sure = self.goal.confidence
        beyond = bisect_left(
            self.missed,
            True,
            key=lambda missed: not exact.within(missed, self.positives, most, sure),
        )
        if beyond:
            return beyond - 1
        bound = exact.upper(self.missed[0], self.positives, sure)
        raise UnreachableError(
            f"{wanted(self.goal)}: the calibration split has {self.positives:,} such texts, of"
            f" which even the limit 0 misses {self.missed[0]:,}: with confidence {sure:g} no less"
            f" than {bound:.3g} can be promised"
        )

    def quiet(self) -> int:
        """Return the smallest limit whose bound on false alarms is within the goal, if it asks."""
        most, sure = self.goal.false_alarm_at_most, self.goal.confidence
        if most is None:
            return 0
        first = bisect_left(
            self.alarms, True, key=lambda alarms: exact.within(alarms, self.negatives, most, sure)
        )
        if first < len(LIMITS):
            return first
        raise UnreachableError(
            f"{wanted(self.goal)}: the calibration split has {self.negatives:,} harmless texts:"
            f" with confidence {sure:g} no less than"
            f" {exact.upper(0, self.negatives, sure):.3g} can be promised"
        )

    def equal(self) -> int:
        """Return the smallest limit from which on no gap is wider than the goal, if it asks."""
        most = self.goal.equal_false_alarms
        if most is None:
            return 0
        if not self.gaps:
            raise UnreachableError(
                f"{wanted(self.goal)}: {self.label} has no counts for two groups or more"
            )
        wide = [place for place, gap in enumerate(self.gaps) if gap > most]
        return wide[-1] + 1 if wide else 0


def gaps(groups: list[list[int]]) -> list[float]:
    """Return for each limit the largest difference of two groups' false alarm rates."""
    told = [kept for kept in groups if kept[-1]]
    if len(told) < 2:
        return []
    rates = [[1 - number / kept[-1] for number in kept] for kept in told]
    return [max(at) - min(at) for at in zip(*rates, strict=True)]
