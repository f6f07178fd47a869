"""The band: where to doubt the fast tier, chosen on development rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from gemsieve.filters.toxicity.metrics import auc

LOW = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
HIGH = (0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 1.0)
KEPT = 0.9  # of what the strong tier gains over the fast one


@dataclass(frozen=True)
class Tiers:
    """One set's truth and both tiers' probabilities, row by row."""

    toxic: np.ndarray
    fast: np.ndarray
    strong: np.ndarray


@dataclass(frozen=True)
class Band:
    """A band with its cost and worth: the share asked about, mean AUC of cascade and tiers."""

    low: float
    high: float
    asked: float
    cascade: float
    fast: float
    strong: float


def choose(sets: Mapping[str, Tiers], kept: float = KEPT) -> Band:
    """Return the band that asks about the fewest rows while it keeps most of the gain.

    The gain is in AUC within a set, the mean over sets. Where no band keeps as much, as when
    the strong tier gains nothing, the best band is returned.
    """
    tried = [tried_band(sets, low, high) for low, high in product(LOW, HIGH)]
    wanted = [b for b in tried if b.cascade >= b.fast + kept * (b.strong - b.fast)]
    if wanted:
        return min(wanted, key=lambda b: (b.asked, -b.cascade))
    return max(tried, key=lambda b: b.cascade)


def tried_band(sets: Mapping[str, Tiers], low: float, high: float) -> Band:
    """Return what one band costs and gives."""
    asked, cascade, fast, strong = [], [], [], []
    for one in sets.values():
        inside = (one.fast >= low) & (one.fast <= high)
        asked.append(inside.mean())
        cascade.append(auc(one.toxic, np.where(inside, one.strong, one.fast)))
        fast.append(auc(one.toxic, one.fast))
        strong.append(auc(one.toxic, one.strong))
    means = (round(float(np.mean(some)), 4) for some in (asked, cascade, fast, strong))
    return Band(low, high, *means)
