"""A figure with its interval, by leaving out one block of documents at a time.

The delete-a-group jackknife (Miller 1974, Biometrika 61:1; Wolter 2007, chapter 4): it holds for
every smooth function of sums, for sentences that hang together within a document, and for the
change between two corpora that share their documents; and it draws nothing at random.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gemsieve.filters.bias.measure_counts import BLOCKS

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]

Statistic = Callable[..., "Floats"]

T = 1.984  # two-sided 95 % of Student's t with BLOCKS - 1 = 99 degrees of freedom


@dataclass(frozen=True)
class Estimate:
    """A value, its interval at 95 %, and its standard error."""

    value: float
    low: float
    high: float
    error: float

    def map(self, function: Callable[[float], float]) -> Estimate:
        """Return the estimate on another scale, by a function that rises; the error stays."""
        return Estimate(function(self.value), function(self.low), function(self.high), self.error)

    def widened(self, low: float, high: float) -> Estimate:
        """Return the estimate with an interval that covers another one as well."""
        return Estimate(self.value, min(self.low, low), max(self.high, high), self.error)

    def within(self, least: float, most: float) -> Estimate:
        """Return the estimate with an interval cut to what is possible."""
        return Estimate(self.value, max(self.low, least), min(self.high, most), self.error)


def estimate(statistic: Statistic, *rows: Sequence[int]) -> Estimate | None:
    """Return a statistic of sums with its interval; None where it hangs on a single block.

    Args:
        statistic: A function of as many arrays as there are rows, one element a set of sums.
        rows: Each the sums of one thing, by block.
    """
    import numpy as np

    table = np.array(rows, dtype=np.float64)
    whole = table.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = statistic(*np.concatenate([whole, whole - table], axis=1))
    if not np.isfinite(values).all():
        return None
    value, others = float(values[0]), values[1:]
    error = math.sqrt((BLOCKS - 1) / BLOCKS * float(((others - others.mean()) ** 2).sum()))
    return Estimate(value, value - T * error, value + T * error, error)


def quotient(part: Floats, whole: Floats, scale: float) -> Floats:
    """Return one sum over another, times the scale."""
    return scale * part / whole


def log_quotient(part: Floats, whole: Floats, scale: float) -> Floats:
    """Return the logarithm of a quotient: its errors are nearer to normal."""
    import numpy as np

    return np.log(scale * part) - np.log(whole)


def npmi(both: Floats, one: Floats, other: Floats, all_: Floats) -> Floats:
    """Return the normalised pointwise mutual information of two events (Bouma 2009, GSCL).

    1 when they always come together, 0 when they are independent, -1 when they never meet.

    The sums are the sentences that hold both, one, the other, and all sentences.
    """
    import numpy as np

    together = (np.log(both * all_) - np.log(one * other)) / np.log(all_ / both)
    return np.where(both == 0, -1.0, np.where(both == all_, 1.0, together))
