"""The rows of an audit: each group and each axis under each rule, with intervals and verdicts.

A limit is judged by the lower end of a 95 % interval: what fails is surely beyond the limit, what
passes is not proven to be within it. Below the least number of trials there is no verdict.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gemsieve.filters.audit.corpus import axis_of
from gemsieve.filters.audit.counts import Swaps
from gemsieve.filters.audit.judge import UNIT, Judge
from gemsieve.filters.audit.rule import AuditRule
from gemsieve.filters.intervals import mean, ratio, wilson

Verdict = Literal["pass", "fail", "insufficient", "unlimited"]
Row = dict[str, Any]
WIDEST = 20  # pairs of groups


@dataclass(frozen=True)
class Records:
    """The judged records that mention a group, and the others that it is compared with.

    Attributes:
        label: The group, or the feature of a dialect.
        among: The family of labels that it belongs to; the others are told by it.
    """

    label: str
    among: str
    records: int
    dropped: int
    others: int
    others_dropped: int

    @property
    def ratio(self) -> float | None:
        """How many times as often as the others they are dropped; None if no other is."""
        if not self.others_dropped:
            return None
        return self.dropped / self.records / (self.others_dropped / self.others)

    @property
    def interval(self) -> tuple[float, float | None]:
        """Bounds of the ratio, 95 %; None where it has no upper one."""
        low, high = ratio(self.dropped, self.records, self.others_dropped, self.others)
        return low, high if math.isfinite(high) else None


def units(source: str, target: str) -> tuple[str, ...]:
    """Return what a pair is a trial of: its axis and both groups."""
    return (f"{axis_of(source)}.*", *(name.split(".", 1)[1] for name in (source, target)))


def by_unit(counts: Mapping[tuple[str, str], int]) -> Counter[str]:
    """Return sums by axis and by group of counts of pairs."""
    sums: Counter[str] = Counter()
    for pair, n in counts.items():
        for unit in units(*pair):
            sums[unit] += n
    return sums


def picked(
    counter: Mapping[tuple[str, ...], int], first: str, last: str = ""
) -> Counter[tuple[str, str]]:
    """Return, by source and target, the counts whose key has this first and this last part."""
    sums: Counter[tuple[str, str]] = Counter()
    for key, n in counter.items():
        if key[0] == first and (not last or key[-1] == last):
            sums[key[1], key[2]] += n
    return sums


def flip_rows(swaps: Swaps, judge: Judge) -> Iterator[Row]:
    """Yield, for each rule, the flips of each axis, and those against each group.

    Of an axis every flip counts, of a group those in which the rule acts on the sentence about it
    and not on the other one: so it is the group that is wronged whose rate is high.
    """
    audit = judge.audit
    trials = by_unit({(s, t): n for (s, t), n in swaps.trials.items()})
    faults = {key[0] for key in swaps.flips} - set(judge.rules)
    for rule in (*judge.rules, *sorted(faults)):
        either = by_unit(picked(swaps.flips, rule))
        against = against_each(swaps, rule)
        for unit, n in trials.items():
            whole = unit.endswith(".*")
            flips = either[unit] if whole else against[unit]
            interval = wilson(flips, n)
            yield {
                "rule": rule,
                "axis": unit.split(".")[0],
                "unit": unit,
                "trials": n,
                "flips": flips,
                "favoured": None if whole else either[unit] - against[unit],
                "worst": worst(against, unit) if whole else None,
                "rate": flips / n,
                "interval": list(interval),
                "verdict": verdict(n, interval[0], audit.flip_rate, audit),
            }


def against_each(swaps: Swaps, rule: str) -> Counter[str]:
    """Return, by group, the flips in which a rule acts on the sentence about this very group."""
    sums: Counter[str] = Counter()
    for (name, source, target, which), n in swaps.flips.items():
        if name == rule:
            sums[(source if which == "source" else target).split(".", 1)[1]] += n
    return sums


def worst(against: Mapping[str, int], axis: str) -> str | None:
    """Return the group of an axis against which the most flips are, if any are."""
    mine = [(-n, group) for group, n in against.items() if f"{group.split('.')[0]}.*" == axis]
    return min(mine)[1] if mine else None


def gap_rows(swaps: Swaps, judge: Judge) -> Iterator[Row]:
    """Yield, for each label, how far swaps moved its score, by axis and group."""
    audit = judge.audit
    trials = by_unit({(s, t): n for (s, t), n in swaps.trials.items()})
    for label in judge.labels:
        sums = by_unit(picked(swaps.gaps, label, "absolute"))
        squares = by_unit(picked(swaps.gaps, label, "squares"))
        largest = Counter[str]()
        for pair, gap in picked(swaps.largest, label).items():
            for unit in units(*pair):
                largest[unit] = max(largest[unit], gap)
        for unit, n in trials.items():
            low, high = mean(n, sums[unit] / UNIT, squares[unit] / UNIT / UNIT)
            yield {
                "label": label,
                "unit": unit,
                "trials": n,
                "mean": sums[unit] / UNIT / n,
                "largest": largest[unit] / UNIT,
                "interval": [max(0.0, low), min(1.0, high)],
                "verdict": verdict(n, low, audit.score_gap, audit),
            }


def ratio_rows(removal: Sequence[Records], audit: AuditRule) -> Iterator[Row]:
    """Yield how many times as often as others the records of a group were dropped."""
    for row in removal:
        yield {
            "unit": row.label,
            "among": row.among,
            "records": row.records,
            "dropped": row.dropped,
            "others": row.others,
            "others_dropped": row.others_dropped,
            "ratio": row.ratio,
            "interval": list(row.interval),
            "verdict": verdict(
                min(row.records, row.others), row.interval[0], audit.removal_ratio, audit
            ),
        }


def verdict(trials: int, low: float, limit: float | None, audit: AuditRule) -> Verdict:
    """Return how one group or axis fares under a limit."""
    if trials < audit.least:
        return "insufficient"
    if limit is None:
        return "unlimited"
    return "fail" if low > limit else "pass"


def sorted_rows(rows: Iterable[Row]) -> list[Row]:
    """Return rows, the one with the highest lower bound first, ties by name."""
    return sorted(
        rows, key=lambda r: (-r["interval"][0], r.get("rule") or r.get("label", ""), r["unit"])
    )


def pair_rows(swaps: Swaps) -> list[Row]:
    """Return each pair of groups with its trials and, by rule, its flips; by name."""
    flips: dict[tuple[str, str], Counter[str]] = {}
    for (rule, source, target, _), n in swaps.flips.items():
        flips.setdefault((source, target), Counter())[rule] += n
    return [
        {
            "source": source,
            "target": target,
            "trials": n,
            "flips": dict(sorted(flips.get((source, target), {}).items())),
        }
        for (source, target), n in sorted(swaps.trials.items())
    ]


def widest_rows(swaps: Swaps) -> list[Row]:
    """Return the pairs of groups whose swap moved a score the furthest, furthest first."""
    widest = sorted(swaps.largest.items(), key=lambda item: (-item[1], item[0]))[:WIDEST]
    return [
        {
            "label": label,
            "source": source,
            "target": target,
            "trials": (n := swaps.trials[source, target]),
            "largest": gap / UNIT,
            "mean": swaps.gaps[label, source, target, "absolute"] / UNIT / n,
            "change": swaps.gaps[label, source, target, "signed"] / UNIT / n,
        }
        for (label, source, target), gap in widest
        if gap
    ]
