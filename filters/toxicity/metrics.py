"""The figures of the model card, and the fit of its curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gemsieve.filters.ranking import auc, calibration_error, share_above
from gemsieve.filters.toxicity.calibration import EPSILON, Calibration

__all__ = ["auc", "calibration_error", "fit", "share_above"]


def fit(labels: ArrayLike, raw: ArrayLike, steps: int = 50) -> Calibration:
    """Fit a logistic curve to raw scores by Newton's method on the log-likelihood."""
    toxic = np.asarray(labels, float)
    kept = np.clip(np.asarray(raw, float), EPSILON, 1 - EPSILON)
    design = np.stack([np.log(kept / (1 - kept)), np.ones_like(kept)], axis=1)
    weights = np.array([1.0, 0.0])

    def loss(point: NDArray[np.float64]) -> float:
        logit = design @ point
        return float((np.logaddexp(0, logit) - toxic * logit).sum())

    for _ in range(steps):
        chance = 0.5 * (1 + np.tanh(design @ weights / 2))
        slope = design.T @ (toxic - chance)
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design
        move = np.linalg.solve(curvature + 1e-9 * np.eye(2), slope)
        # A whole step from far away can go too far, and the next one for ever.
        while loss(weights + move) > loss(weights) and np.abs(move).max() > 1e-9:
            move = move / 2
        weights = weights + move
    return Calibration(round(float(weights[0]), 6), round(float(weights[1]), 6))
