"""The figures of the model card, each a few lines of NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gemsieve.filters.toxicity.calibration import EPSILON, Calibration


def auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the ROC curve, ties counting half; NaN without both classes."""
    toxic = np.asarray(labels, bool)
    _, inverse, counts = np.unique(np.asarray(scores), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives, negatives = int(toxic.sum()), int((~toxic).sum())
    if not positives or not negatives:
        return float("nan")
    above = ranks[toxic].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def share_above(scores: ArrayLike, limit: float) -> float:
    """Return the share of scores above a limit; NaN of none."""
    values = np.asarray(scores, float)
    return float((values > limit).mean()) if values.size else float("nan")


def calibration_error(labels: ArrayLike, scores: ArrayLike, bins: int = 15) -> float:
    """Return the expected calibration error over equal-width bins (Guo et al. 2017, section 2)."""
    toxic, values = np.asarray(labels, float), np.asarray(scores, float)
    index = np.minimum((values * bins).astype(int), bins - 1)
    gaps = np.bincount(index, toxic - values, bins)
    return float(np.abs(gaps).sum() / len(values))


def fit(labels: ArrayLike, raw: ArrayLike, steps: int = 50) -> Calibration:
    """Fit a logistic curve to raw scores by Newton's method on the log-likelihood."""
    toxic = np.asarray(labels, float)
    kept = np.clip(np.asarray(raw, float), EPSILON, 1 - EPSILON)
    design = np.stack([np.log(kept / (1 - kept)), np.ones_like(kept)], axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (toxic - chance)
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design
        weights = weights + np.linalg.solve(curvature + 1e-9 * np.eye(2), slope)
    return Calibration(round(float(weights[0]), 6), round(float(weights[1]), 6))
