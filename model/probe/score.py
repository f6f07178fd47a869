"""From what a probe says of each token to the score of a text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from gemsieve.filters.readings import COLUMN, from_column
from gemsieve.model.probe.saved import Probe

DIGITS = 4

Logits = npt.NDArray[np.float64]


def peaks(logits: Logits, width: int) -> Logits:
    """Return each label's highest mean over `width` tokens in a row, or over all if fewer.

    Args:
        logits: Of one token or more, [tokens, labels].
        width: 1 or more.

    Returns:
        [labels].
    """
    windows = sliding_window_view(logits, min(width, len(logits)), axis=0)
    highest: Logits = windows.mean(axis=-1).max(axis=0)
    return highest


def scores(probe: Probe, logits: Logits) -> list[float]:
    """Return each label's probability for a text, to four decimals; 0 for one without tokens."""
    if not len(logits):
        return [0.0] * len(probe.labels)
    raw = peaks(logits, probe.width)
    pairs = zip(probe.curves, raw.tolist(), strict=True)
    return [round(curve.probability(log_odds), DIGITS) for curve, log_odds in pairs]


def given(probe: Probe, value: str) -> Logits:
    """Return the logits in a column's value, [tokens, labels].

    Raises:
        ValueError: It holds no readings, another head's, or some that are no numbers.
    """
    readings = from_column(value)
    if not readings or {reading.head for reading in readings} != {probe.digest}:
        raise ValueError(f"the column {COLUMN} is not of this probe")
    if {len(reading.logits) for reading in readings} != {len(probe.labels)}:
        raise ValueError(f"the column {COLUMN} is of other labels")
    logits = np.array([reading.logits for reading in readings])
    if not np.isfinite(logits).all():
        raise ValueError(f"the column {COLUMN} holds what is no number")
    return logits
