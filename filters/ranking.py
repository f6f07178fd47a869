"""How well scores tell two classes apart: figures of labelled texts, with intervals at 95 %.

Limits act on scores above them, as a policy's `above` does; texts of equal score stand or fall
together, so nothing here depends on the order of the texts. A figure of nothing is NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gemsieve.filters.intervals import ROUNDS, Interval, Z, wilson

Floats = NDArray[np.float64]

BINS = 15  # of the calibration error, as in Guo et al. 2017
TRUE_RATES = (0.8, 0.9, 0.95)
FALSE_RATES = (0.01, 0.05)
SLACK = 1e-9  # texts: what rounding may put a rate beside a whole number of them


def auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the ROC curve, ties counting half; NaN without both classes."""
    toxic = np.asarray(labels, bool)
    ranks = midranks(np.asarray(scores, float))
    positives, negatives = int(toxic.sum()), int((~toxic).sum())
    if not positives or not negatives:
        return float("nan")
    above = ranks[toxic].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def midranks(values: Floats) -> Floats:
    """Return each value's rank from 1, equal values sharing the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks


def auc_interval(labels: ArrayLike, scores: ArrayLike) -> Interval:
    """Return the interval of `auc` by DeLong et al. (Biometrics 44:837, 1988); 0..1 of too little.

    Placements come from midranks (Sun and Xu, IEEE Signal Processing Letters 21:1389, 2014). Where
    all pairs agree, that variance is 0 and says nothing: then the bound is Wilson's for as many
    pairs as can be made with no text in two of them.
    """
    toxic, values = np.asarray(labels, bool), np.asarray(scores, float)
    positives, negatives = int(toxic.sum()), int((~toxic).sum())
    if min(positives, negatives) < 2:
        return 0.0, 1.0
    area, ranks = auc(toxic, values), midranks(values)
    if area in {0.0, 1.0}:
        pairs = min(positives, negatives)
        return wilson(round(area * pairs), pairs)
    won = (ranks[toxic] - midranks(values[toxic])) / negatives
    lost = (ranks[~toxic] - midranks(values[~toxic])) / positives
    margin = Z * math.sqrt(won.var(ddof=1) / positives + lost.var(ddof=1) / negatives)
    return max(0.0, area - margin), min(1.0, area + margin)


def share_above(scores: ArrayLike, limit: float) -> float:
    """Return the share of scores above a limit; NaN of none."""
    values = np.asarray(scores, float)
    return float((values > limit).mean()) if values.size else float("nan")


def calibration_error(labels: ArrayLike, scores: ArrayLike, bins: int = BINS) -> float:
    """Return the expected calibration error over equal-width bins (Guo et al. 2017, section 2)."""
    toxic, values = np.asarray(labels, float), np.asarray(scores, float)
    return _calibration_error(toxic, values, np.ones_like(values), bins)


def _calibration_error(toxic: Floats, values: Floats, times: Floats, bins: int = BINS) -> float:
    index = np.minimum((values * bins).astype(int), bins - 1)
    gaps = np.bincount(index, (toxic - values) * times, bins)
    return float(np.abs(gaps).sum() / times.sum())


@dataclass(frozen=True)
class Ranking:
    """Texts from the highest score to the lowest.

    Attributes:
        toxic: 1 where the label is true, else 0; shape (texts,).
        scores: Falling; shape (texts,).
    """

    toxic: Floats
    scores: Floats

    @classmethod
    def of(cls, labels: ArrayLike, scores: ArrayLike) -> Ranking:
        """Sort labelled scores, in any order given."""
        toxic, values = np.asarray(labels, float), np.asarray(scores, float)
        order = np.lexsort((toxic, -values))
        return cls(toxic[order], values[order])

    @cached_property
    def _ends(self) -> NDArray[np.intp]:
        """How many texts score at least each of the scores that occur; 0 first."""
        last = np.flatnonzero(np.diff(self.scores, append=-np.inf))
        return np.concatenate([[0], last + 1])

    def figures(self, limit: float | None = None, times: Floats | None = None) -> dict[str, float]:
        """Return every figure but the area under the ROC curve.

        Args:
            limit: For precision, recall, F1 and the false positive rate; absent without it.
            times: How often each text counts, once if not given; shape (texts,).
        """
        weights = np.ones_like(self.toxic) if times is None else times
        caught = np.concatenate([[0.0], np.cumsum(weights * self.toxic)])
        alarms = np.concatenate([[0.0], np.cumsum(weights)]) - caught
        found = {}
        if limit is not None:
            flagged = int((self.scores > limit).sum())
            found = at_limit(caught[flagged], caught[-1], alarms[flagged], alarms[-1])
        caught, alarms = caught[self._ends], alarms[self._ends]
        found["average_precision"] = average_precision(caught, alarms)
        for rate in TRUE_RATES:
            found[f"fpr_at_tpr_{rate:g}"] = fpr_at(rate, caught, alarms)
        for rate in FALSE_RATES:
            found[f"tpr_at_fpr_{rate:g}"] = tpr_at(rate, caught, alarms)
        if self.scores.size and self.scores[-1] >= 0 and self.scores[0] <= 1 and weights.any():
            found["calibration_error"] = _calibration_error(self.toxic, self.scores, weights)
        return found

    def intervals(
        self, limit: float | None = None, seed: int = 0, rounds: int = ROUNDS
    ) -> dict[str, Interval]:
        """Return the percentile intervals of `figures` (Efron 1979), texts drawn with replacement.

        A round in which a figure is no number, as no text of a class was drawn, is left out of it.
        """
        rng, size = np.random.default_rng(seed), len(self.scores)
        if not size:
            return dict.fromkeys(self.figures(limit), (-math.inf, math.inf))
        counts = (np.bincount(rng.integers(0, size, size), minlength=size) for _ in range(rounds))
        drawn = [self.figures(limit, count.astype(np.float64)) for count in counts]
        return percentiles(drawn)


def percentiles(drawn: list[dict[str, float]]) -> dict[str, Interval]:
    """Return the middle 95 % of each figure; -inf..inf where it never was a number."""
    found = {}
    for name in drawn[0]:
        values = np.array([figures[name] for figures in drawn])
        values = values[~np.isnan(values)]
        low, high = np.quantile(values, (0.025, 0.975)) if values.size else (-math.inf, math.inf)
        found[name] = (float(low), float(high))
    return found


def at_limit(caught: float, positives: float, alarms: float, negatives: float) -> dict[str, float]:
    """Return what a limit does, from the numbers of texts above it and in all, by class."""
    both = caught + alarms + positives
    return {
        "precision": share(caught, caught + alarms),
        "recall": share(caught, positives),
        "f1": share(2 * caught, both) if positives else float("nan"),
        "false_positive_rate": share(alarms, negatives),
    }


def share(part: float, whole: float) -> float:
    """Return a part of a whole; NaN of nothing."""
    return float(part / whole) if whole else float("nan")


def average_precision(caught: Floats, alarms: Floats) -> float:
    """Return the mean precision over the positives, each at the limit that just catches it.

    The sum over limits of precision times the rise in recall, without interpolation, as scikit-
    learn has it. Both arrays count the texts above each limit; they start with 0.
    """
    if not caught[-1]:
        return float("nan")
    flagged = caught + alarms
    precision = np.divide(caught, flagged, out=np.zeros_like(caught), where=flagged > 0)
    return float((np.diff(caught) * precision[1:]).sum() / caught[-1])


def fpr_at(rate: float, caught: Floats, alarms: Floats) -> float:
    """Return the least false positive rate of any limit that catches this share of positives."""
    if not caught[-1] or not alarms[-1]:
        return float("nan")
    place = np.searchsorted(caught, rate * caught[-1] - SLACK)
    return float(alarms[place] / alarms[-1])


def tpr_at(rate: float, caught: Floats, alarms: Floats) -> float:
    """Return the largest share of positives caught by any limit with this false positive rate."""
    if not caught[-1] or not alarms[-1]:
        return float("nan")
    place = np.searchsorted(alarms, rate * alarms[-1] + SLACK, side="right") - 1
    return float(caught[place] / caught[-1])


def scored(
    labels: ArrayLike, scores: ArrayLike, limit: float | None, seed: int = 0, rounds: int = ROUNDS
) -> dict[str, tuple[float, Interval]]:
    """Return every figure of labelled scores with its interval, the area under the ROC first.

    The order of the texts is nothing, to the last bit.
    """
    ranking = Ranking.of(labels, scores)
    whole = ranking.toxic, ranking.scores
    bounds = {"auc": auc_interval(*whole), **ranking.intervals(limit, seed, rounds)}
    values = {"auc": auc(*whole), **ranking.figures(limit)}
    return {name: (value, bounds[name]) for name, value in values.items()}
