"""Hashes of stretches of codes: polynomials (Karp and Rabin 1987), their bits mixed."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from gemsieve.filters.toxicity.fast.native import native

Hash = np.uint64
Hashes = npt.NDArray[Hash]
Indexes = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint32]
H = TypeVar("H", np.uint64, npt.NDArray[np.uint64])  # one or many

BASE = Hash(0x9E3779B97F4A7C15)
MIX = Hash(0xD6E8FEB86659FD93)
HALF, PART = Hash(32), Hash(29)  # bits


@native
def mixed(hashes: H) -> H:
    """Return hashes whose high bits depend on every bit."""
    hashes = (hashes ^ (hashes >> HALF)) * MIX
    return hashes ^ (hashes >> PART)


@native
def hashed(codes: Codes, start: int, end: int) -> Hash:
    """Return the hash of a stretch, the same wherever its codes stand."""
    total = Hash(0)
    for i in range(end - 1, start - 1, -1):
        total = total * BASE + Hash(codes[i])
    return mixed(total)
