"""Draws that depend on a seed and a record alone: the same for any order, slice or worker."""

from __future__ import annotations

import hashlib


def draw(purpose: str, seed: int, record: str) -> float:
    """Return a number in 0..1, 1 excluded, that is even over records.

    Args:
        purpose: Draws for other purposes are independent.
        seed: And so are those of other seeds.
        record: The record's id.
    """
    said = f"{purpose}:{seed}:{record}".encode("utf-8", "surrogatepass")
    number = int.from_bytes(hashlib.sha256(said).digest()[:8])
    return (number >> 11) / (1 << 53)  # what a float can hold, so that none is rounded up to 1
