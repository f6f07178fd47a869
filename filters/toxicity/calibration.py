"""From the model's raw score to a probability, by a monotone curve of two constants."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from functools import cache

from gemsieve.filters.fasttext_model import weights_file

EPSILON = 1e-6


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

    def __call__(self, raw: float) -> float:
        """Return the probability for a raw score in 0..1."""
        return 1.0 / (1.0 + math.exp(-self.slope * log_odds(raw) - self.intercept))

    def dump(self) -> str:
        """Return the constants as JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"


def log_odds(raw: float) -> float:
    """Return the log-odds of a score in 0..1, its ends drawn in by a millionth."""
    kept = min(max(raw, EPSILON), 1.0 - EPSILON)
    return math.log(kept / (1.0 - kept))


@cache
def load(name: str) -> Calibration:
    """Read the calibration that ships beside the weights."""
    return Calibration(**json.loads(weights_file(name).read_text("utf-8")))
