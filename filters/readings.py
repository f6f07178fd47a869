"""What a model's own states said of its words while it wrote them, on its way to a detector.

A head (a linear probe) on the model that writes reads each of its tokens for next to nothing, for
the state is there. Beside a text its readings stand in a column, as all else that a detector needs
to know.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

COLUMN = "readings"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a head says once the model has read one more token.

    Attributes:
        head: SHA-256 (hex) of the head and its model, by which a detector knows its own.
        logits: One for each of the head's labels.
    """

    head: str
    logits: tuple[float, ...]


def to_column(readings: Sequence[Reading]) -> str | None:
    """Return the value of the column for a text of these tokens; None where none was read."""
    if not readings:
        return None
    heads = list(dict.fromkeys(reading.head for reading in readings))
    rows = [[heads.index(reading.head), *reading.logits] for reading in readings]
    return json.dumps([heads, rows], separators=(",", ":"))


def from_column(value: str) -> list[Reading]:
    """Return the readings that a column's value holds.

    Raises:
        ValueError: It is none of ours.
    """
    try:
        heads, rows = json.loads(value)
        return [Reading(heads[head], tuple(map(float, logits))) for head, *logits in rows]
    except (ValueError, TypeError, IndexError, RecursionError):
        raise ValueError(f"the column {COLUMN} holds no readings") from None
