"""Intervals at 95 %: of a proportion, of the difference and ratio of two, and of a mean."""

from __future__ import annotations

import math
from statistics import NormalDist

Interval = tuple[float, float]

Z = NormalDist().inv_cdf(0.975)  # two-sided 95 %
HALVINGS = 80  # of a bracket below 1e9: far beyond what a float tells apart
ROUNDS = 1000  # of resampling: bounds are then good to about half a point of their level


def wilson(hits: int, trials: int) -> Interval:
    """Return the score interval of a proportion (Wilson 1927, JASA 22:209); 0..1 of none."""
    if not trials:
        return 0.0, 1.0
    share, spread = hits / trials, Z * Z / trials
    middle = share + spread / 2
    margin = Z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials))
    low, high = ((middle + side * margin) / (1 + spread) for side in (-1, 1))
    # At the ends the bound is the proportion itself; rounding must not put it beside.
    return (0.0 if hits == 0 else low), (1.0 if hits == trials else high)


def difference(hits: int, trials: int, other_hits: int, other_trials: int) -> Interval:
    """Return the interval of one proportion less another, of independent samples; -1..1 of none.

    The hybrid score method (Newcombe 1998, Statistics in Medicine 17:873, method 10).
    """
    if not trials or not other_trials:
        return -1.0, 1.0
    (low, high), (other_low, other_high) = wilson(hits, trials), wilson(other_hits, other_trials)
    share, other = hits / trials, other_hits / other_trials
    return (
        share - other - math.hypot(share - low, other_high - other),
        share - other + math.hypot(high - share, other - other_low),
    )


def chance(hits: int, trials: int, other_hits: int, other_trials: int) -> float:
    """Return how likely two equal proportions would differ at least as much, by the pooled z-test.

    Two-sided, of independent samples; 1 where nothing tells them apart.
    """
    if not trials or not other_trials:
        return 1.0
    pooled = (hits + other_hits) / (trials + other_trials)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / trials + 1 / other_trials))
    if not spread:
        return 1.0
    distance = abs(hits / trials - other_hits / other_trials) / spread
    return math.erfc(distance / math.sqrt(2))


def ratio(hits: int, trials: int, other_hits: int, other_trials: int) -> Interval:
    """Return the score interval of one proportion divided by another; 0..inf where nothing tells.

    The asymptotic score method of Koopman (Biometrics 40:513, 1984). Unlike the log method of Katz
    et al. it holds where there are no hits on one side: the ratio is then 0 or has no upper bound.
    """
    if not trials or not other_trials or not hits + other_hits:
        return 0.0, math.inf
    counts = (hits, trials, other_hits, other_trials)
    point = math.inf if not other_hits else hits / trials / (other_hits / other_trials)
    low = 0.0 if not hits else crossing(counts, point, down=True)
    high = math.inf if not other_hits else crossing(counts, point, down=False)
    return low, high


def crossing(counts: tuple[int, int, int, int], point: float, *, down: bool) -> float:
    """Return the ratio on one side of the estimate at which the score reaches `Z`; by bisection."""
    inside = math.log(point) if 0 < point < math.inf else 0.0
    step = -1.0 if down else 1.0
    while outside(counts, math.exp(inside), down=down):  # the estimate is infinite, or 0
        inside -= step
    beyond = inside + step
    while not outside(counts, math.exp(beyond), down=down):
        inside, beyond = beyond, beyond + step
    for _ in range(HALVINGS):
        middle = (inside + beyond) / 2
        if outside(counts, math.exp(middle), down=down):
            beyond = middle
        else:
            inside = middle
    return math.exp(inside)


def outside(counts: tuple[int, int, int, int], theta: float, *, down: bool) -> bool:
    """Say whether the score test refuses a ratio as too low (`down`) or too high."""
    hits, trials, other_hits, other_trials = counts
    # The other proportion, most likely under this ratio: the smaller root of a x^2 - b x + c = 0.
    a = (trials + other_trials) * theta
    b = trials * theta + hits + other_trials + other_hits * theta
    c = hits + other_hits
    root = min(1.0, 2 * c / (b + math.sqrt(max(0.0, b * b - 4 * a * c))))
    first = min(1.0, theta * root)
    variance = first * (1 - first) / trials + theta * theta * root * (1 - root) / other_trials
    distance = hits / trials - theta * other_hits / other_trials
    return (distance if down else -distance) > Z * math.sqrt(variance)


def mean(count: int, total: float, squares: float) -> Interval:
    """Return the interval of a mean by the normal approximation, from sums; -inf..inf below two."""
    if count < 2:
        return -math.inf, math.inf
    middle = total / count
    variance = max(0.0, squares - total * middle) / (count - 1)
    margin = Z * math.sqrt(variance / count)
    return middle - margin, middle + margin
