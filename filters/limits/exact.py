"""Exact bounds of a proportion (Clopper and Pearson, Biometrika 26:404, 1934), in plain Python."""

from __future__ import annotations

import math

HALVINGS = 60
SMALLEST = 1e-18  # of a sum, below which a further term changes nothing


def tail(hits: int, trials: int, chance: float) -> float:
    """Return the probability of at most `hits` in so many trials, each of the same chance."""
    if hits >= trials or chance <= 0:
        return 1.0
    if hits < 0 or chance >= 1:
        return 0.0
    if hits > trials * chance:  # the other side is the shorter sum
        return 1.0 - tail(trials - hits - 1, trials, 1.0 - chance)
    term = math.exp(
        math.lgamma(trials + 1)
        - math.lgamma(hits + 1)
        - math.lgamma(trials - hits + 1)
        + hits * math.log(chance)
        + (trials - hits) * math.log1p(-chance)
    )
    total, odds = 0.0, (1.0 - chance) / chance
    for i in range(hits, -1, -1):
        total += term
        term *= i / (trials - i + 1) * odds
        if term <= total * SMALLEST:
            break
    return min(1.0, total)


def within(hits: int, trials: int, most: float, confidence: float) -> bool:
    """Say whether the upper bound of a proportion is at most `most`, without looking for it."""
    return trials > 0 and hits < trials and tail(hits, trials, most) <= 1.0 - confidence


def upper(hits: int, trials: int, confidence: float) -> float:
    """Return what a proportion does not exceed, with this one-sided confidence; 1 of no trials."""
    if hits >= trials:
        return 1.0
    low, high = hits / trials, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if tail(hits, trials, middle) > 1.0 - confidence:
            low = middle
        else:
            high = middle
    return high


def interval(hits: int, trials: int, confidence: float) -> tuple[float, float]:
    """Return the two-sided interval of a proportion; 0..1 of no trials."""
    if not trials:
        return 0.0, 1.0
    side = (1.0 + confidence) / 2
    return 1.0 - upper(trials - hits, trials, side), upper(hits, trials, side)
