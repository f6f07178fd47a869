"""From a model's raw score to a probability, by a monotone curve of two constants."""

from __future__ import annotations

import math
from dataclasses import dataclass

EPSILON = 1e-6  # how far from 0 and 1 a raw score is drawn in before its log-odds are taken


@dataclass(frozen=True)
class Calibration:
    """A logistic curve over the log-odds of the raw score (Platt 1999, "Probabilistic outputs").

    Attributes:
        slope: Above 0, so that a higher raw score is never a lower probability.
        intercept: In log-odds.
    """

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (self.slope > 0 and math.isfinite(self.slope) and math.isfinite(self.intercept)):
            raise ValueError("a calibration needs a positive slope and finite constants")

    def probability(self, log_odds: float) -> float:
        """Return the probability that log-odds come to; 0 for minus infinity."""
        # By way of tanh, which neither overflows nor minds an infinity.
        return 0.5 * (1.0 + math.tanh((self.slope * log_odds + self.intercept) / 2.0))
