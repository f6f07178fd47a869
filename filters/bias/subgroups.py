"""How differently scores treat groups of people, on labelled texts: Borkan et al. 2019.

"Nuanced metrics for measuring unintended bias with real data for text classification"
(arXiv:1903.04561) compares the texts that mention a group with all others, its background, at
every limit at once; rates at one limit stand beside. A figure that rests on fewer than `ENOUGH`
texts of a class is None: insufficient, not equal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemsieve.filters.intervals import Interval, wilson
from gemsieve.filters.ranking import auc, auc_interval

ENOUGH = 30  # texts of each class that a figure compares
POWER = -5.0  # of the mean over groups


@dataclass(frozen=True)
class Figure:
    """A value with its interval at 95 %."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Gap:
    """The two groups between which a rate differs most."""

    highest: str
    lowest: str
    value: float


@dataclass(frozen=True)
class Subgroup:
    """One group's figures; None where there are too few texts.

    Attributes:
        subgroup_auc: Of the texts that mention the group. Low: told apart badly.
        bpsn_auc: Toxic texts of the background, harmless ones of the group. Low: the group's
            harmless texts score like toxic ones.
        bnsp_auc: Harmless texts of the background, toxic ones of the group. Low: the group's
            toxic texts score like harmless ones.
        positive_gap: How much likelier than even it is that a toxic text of the group scores above
            a toxic one of the background, -0.5..0.5: the average equality gap of positives.
        negative_gap: The same of harmless texts.
        false_positives: Share of the group's harmless texts above the limit.
        false_negatives: Share of the group's toxic texts not above the limit.
    """

    toxic: int
    harmless: int
    subgroup_auc: Figure | None
    bpsn_auc: Figure | None
    bnsp_auc: Figure | None
    positive_gap: Figure | None
    negative_gap: Figure | None
    false_positives: Figure | None
    false_negatives: Figure | None


AREAS = ("subgroup_auc", "bpsn_auc", "bnsp_auc")
RATES = ("false_positives", "false_negatives")


def subgroup(
    toxic: NDArray[np.bool_],
    scores: NDArray[np.float64],
    member: NDArray[np.bool_],
    limit: float | None,
) -> Subgroup:
    """Return one group's figures; arrays of shape (texts,), `member` where the group is named."""
    inside = {kind: scores[member & (toxic == kind)] for kind in (True, False)}
    outside = {kind: scores[~member & (toxic == kind)] for kind in (True, False)}
    return Subgroup(
        toxic=len(inside[True]),
        harmless=len(inside[False]),
        subgroup_auc=above(inside[True], inside[False]),
        bpsn_auc=above(outside[True], inside[False]),
        bnsp_auc=above(inside[True], outside[False]),
        positive_gap=above(inside[True], outside[True], even=0.5),
        negative_gap=above(inside[False], outside[False], even=0.5),
        false_positives=rate(inside[False], limit, over=True),
        false_negatives=rate(inside[True], limit, over=False),
    )


def above(high: NDArray[np.float64], low: NDArray[np.float64], even: float = 0.0) -> Figure | None:
    """Return how often one of the first scores is above one of the second, less `even`."""
    if min(len(high), len(low)) < ENOUGH:
        return None
    labels, scores = np.repeat([True, False], [len(high), len(low)]), np.concatenate([high, low])
    bottom, top = auc_interval(labels, scores)
    return Figure(auc(labels, scores) - even, (bottom - even, top - even))


def rate(scores: NDArray[np.float64], limit: float | None, *, over: bool) -> Figure | None:
    """Return the share of scores above a limit, or of those that are not, by Wilson."""
    if limit is None or len(scores) < ENOUGH:
        return None
    hits = int(((scores > limit) == over).sum())
    return Figure(hits / len(scores), wilson(hits, len(scores)))


def power_mean(values: Sequence[float]) -> float:
    """Return the generalised mean of power -5, in which the worst group weighs most; NaN of none.

    The Jigsaw Unintended Bias in Toxicity Classification competition (2019) summed up the areas of
    all groups so.
    """
    if not values:
        return math.nan
    if not min(values):
        return 0.0
    least = min(values)  # taken out, so that no power overflows
    scaled = math.fsum((value / least) ** POWER for value in values) / len(values)
    return float(least * scaled ** (1 / POWER))


def means(groups: Iterable[Subgroup]) -> dict[str, float]:
    """Return each area's generalised mean over the groups that have enough texts for it."""
    every = list(groups)
    return {
        name: power_mean([f.value for g in every if (f := getattr(g, name)) is not None])
        for name in AREAS
    }


def widest(groups: Mapping[str, Subgroup], name: str) -> Gap | None:
    """Return the largest gap of a rate between two groups; None where fewer than two have it."""
    known = {key: f.value for key, g in groups.items() if (f := getattr(g, name)) is not None}
    if len(known) < 2:
        return None
    lowest, *_, highest = sorted(known, key=lambda key: (known[key], key))
    return Gap(highest, lowest, known[highest] - known[lowest])
