"""Which changes are more than chance: of hundreds of intervals some exclude "no change" by luck."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from statistics import NormalDist

from gemsieve.filters.bias.measure_figures import Figure

RATE = 0.05  # of false ones among those that are told, at most
NORMAL = NormalDist()


def sure(figures: Sequence[Figure]) -> list[Figure]:
    """Return the figures that changed, at a false discovery rate of 5 %.

    The step-up procedure of Benjamini and Hochberg (1995, JRSS B 57:289), on two-sided normal
    tests of all changes that could be estimated.
    """
    tested = [figure for figure in figures if figure.change is not None]
    ranked = sorted((chance(figure), i) for i, figure in enumerate(tested))
    last = max((k for k, (p, _) in enumerate(ranked, 1) if p <= RATE * k / len(ranked)), default=0)
    told = {i for _, i in ranked[:last]}
    return [figure for i, figure in enumerate(tested) if i in told]


def chance(figure: Figure) -> float:
    """Return how likely a change as sure as this one is where nothing changed."""
    return 2 * NORMAL.cdf(-abs(figure.sureness))


def size(figure: Figure) -> float:
    """Return how large a change is, whichever way it goes: of a ratio, its logarithm."""
    if figure.change is None:
        return 0.0
    value = figure.change.value
    if not figure.ratio:
        return abs(value)
    return abs(math.log(value)) if value else math.inf


def largest(figures: Sequence[Figure], each: int) -> list[Figure]:
    """Return the largest sure changes, at most so many of each measure, in the measures' order."""
    order = {name: i for i, name in enumerate(dict.fromkeys(f.measure for f in figures))}
    ranked = sorted(sure(figures), key=lambda f: (order[f.measure], -size(f), f.of))
    return [f for _, some in groupby(ranked, key=lambda f: f.measure) for f in [*some][:each]]
