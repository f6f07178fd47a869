"""Every measure as a figure: before, after, and the change, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gemsieve.filters.bias.measure_counts import Counts
from gemsieve.filters.bias.measure_estimate import (
    Estimate,
    estimate,
    log_quotient,
    npmi,
    quotient,
)
from gemsieve.filters.bias.measure_table import Measure, measures
from gemsieve.filters.intervals import ratio, wilson

if TYPE_CHECKING:
    from gemsieve.filters.bias.measure_estimate import Floats

SPREAD = 5  # blocks, so documents, that must have some of what is counted

UNEVEN = 1.0  # standard error of a rate's logarithm: one or two documents hold nearly all of it

Row = list[int]


@dataclass(frozen=True)
class Side:
    """One corpus's part of a figure: what was counted, and the estimate; None for too little."""

    counted: int
    estimate: Estimate | None


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        measure, of: What is measured, and of whom.
        ratio: The change is after over before; else it is after minus before.
        change: None where there is no `after`, or too little of either.
        sureness: How many standard errors the change lies from none.
    """

    measure: str
    of: tuple[str, ...]
    ratio: bool
    before: Side
    after: Side | None = None
    change: Estimate | None = None
    sureness: float = 0.0


def figures(before: Counts, after: Counts | None) -> list[Figure]:
    """Return all figures, in the order of the measures; of pairs those alone that can be told."""
    found = ((one, figure(one, before, after)) for one in measures(before))
    return [one for measure, one in found if measure.form != "npmi" or one.before.estimate]


def figure(measure: Measure, before: Counts, after: Counts | None) -> Figure:
    """Return one figure."""
    first, by_ratio = side(measure, before), measure.form == "rate"
    if after is None:
        return Figure(measure.name, measure.of, by_ratio, first)
    second = side(measure, after)
    if not first.estimate or not (second.estimate or by_ratio):
        return Figure(measure.name, measure.of, by_ratio, first, second)
    found = changed(measure, rows(measure, before), rows(measure, after))
    sure = sureness(found)
    if found and by_ratio:
        found = found.map(math.exp)
    elif by_ratio:
        found, sure = apart(rows(measure, before), rows(measure, after))
    return Figure(measure.name, measure.of, by_ratio, first, second, found, sure)


def rows(measure: Measure, counts: Counts) -> list[Row]:
    """Return the sums that a measure is made of, each by block."""
    return [
        [sum(values) for values in zip(*(counts.blocks(key) for key in keys), strict=True)]
        for keys in measure.sums
    ]


def side(measure: Measure, counts: Counts) -> Side:
    """Return one corpus's part."""
    sums = rows(measure, counts)
    counted = sum(sums[measure.counted])
    if counted < measure.least or sum(map(bool, sums[measure.counted])) < SPREAD:
        return Side(counted, None)
    found = estimate(statistic(measure), *sums)
    if found and measure.form == "rate":
        found = found.map(math.exp) if found.error < UNEVEN else None
    elif found and measure.form == "share":
        found = found.within(0.0, 1.0).widened(*wilson(sum(sums[0]), sum(sums[1])))
    elif found:
        found = found.within(-1.0, 1.0)  # sentiment and nPMI; toxicity lies inside
    return Side(counted, found)


def statistic(measure: Measure) -> Callable[..., Floats]:
    """Return the function from a measure's sums to its value; a rate's is the logarithm."""
    if measure.form == "npmi":
        return npmi
    form = log_quotient if measure.form == "rate" else quotient
    return lambda part, whole: form(part, whole, measure.scale)


def changed(measure: Measure, before: list[Row], after: list[Row]) -> Estimate | None:
    """Return the statistic after minus the statistic before; they share their documents."""
    value = statistic(measure)

    def change(*sums: Floats) -> Floats:
        return value(*sums[: len(after)]) - value(*sums[len(after) :])

    return estimate(change, *after, *before)


def sureness(found: Estimate | None) -> float:
    """Return how many standard errors a difference lies from zero."""
    if found is None or not found.value:
        return 0.0
    return found.value / found.error if found.error else math.copysign(math.inf, found.value)


def apart(before: list[Row], after: list[Row]) -> tuple[Estimate, float]:
    """Return a ratio of rates and its sureness where nothing is left, or all in one block.

    The interval is then that of independent proportions.
    """
    part, whole, first, first_whole = (sum(row) for row in (*after, *before))
    low, high = ratio(part, whole, first, first_whole)
    value = part / whole / (first / first_whole) if whole else 0.0
    return Estimate(value, low, high, math.nan), -math.inf if high < 1 else 0.0
