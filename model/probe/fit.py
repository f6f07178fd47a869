"""Logistic regression of few columns: the straight cut between two kinds of states."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# As if each weight were drawn with a spread of 0.1; of 1, 10, 100 and 1000 the best, or as good as
# the best, on toxicity sets (bench/NOTES.md).
PENALTY = 100.0
STEPS = 200

Doubles = npt.NDArray[np.float64]


def separate(
    states: npt.NDArray[np.float32], truths: npt.NDArray[np.bool_], penalty: float = PENALTY
) -> tuple[Doubles, float]:
    """Return the weights and the bias of the likeliest linear model under a penalty.

    The penalty is of half the weights' squares where every column has a spread of one, the loss a
    sum over rows: convex, so there is one answer.

    Args:
        states: [rows, columns].
        truths: [rows], both kinds among them.
        penalty: Above 0.
    """
    from scipy.optimize import minimize

    middle, spread = states.mean(axis=0, dtype=float), states.std(axis=0, dtype=float)
    scale = np.where(spread > 0, 1 / np.maximum(spread, 1e-12), 0.0)
    even = (states - middle) * scale

    def loss(point: Doubles) -> tuple[float, Doubles]:
        theta, raw = point[:-1], even @ point[:-1] + point[-1]
        value = (np.logaddexp(0, raw) - truths * raw).sum() + penalty / 2 * (theta @ theta)
        slope = 0.5 * (1 + np.tanh(raw / 2)) - truths
        return float(value), np.append(slope @ even + penalty * theta, slope.sum())

    start = np.zeros(states.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    weights = found.x[:-1] * scale
    return weights, float(found.x[-1] - weights @ middle)
