"""Hashes of stretches of codes, many at once.

Polynomial ones (Karp and Rabin 1987) cost a multiplication a code and one a stretch, however long
the stretches are and however they overlap.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Indexes = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]

BASE, INVERSE = 0x9E3779B97F4A7C15, 0xF1DE83E19937733D  # odd; each other's inverse modulo 2^64
MIX = np.uint64(0xD6E8FEB86659FD93)
LONGEST = 24  # codes of a word that count: longer ones are seldom words
SMALLEST = 1 << 16
EIGHT = 8  # bytes of a word of the machine


@cache
def powers(size: int) -> tuple[Hashes, Hashes]:
    """Return the powers of the base and of its inverse, modulo 2^64, from the 0th on."""
    found = []
    for base in (BASE, INVERSE):
        row = np.full(size, base, np.uint64)
        row[0] = 1
        found.append(np.multiply.accumulate(row))
    return found[0], found[1]


def powers_to(size: int) -> tuple[Hashes, Hashes]:
    """Return at least so many powers; a power of two of them, so that few tables are made."""
    return powers(max(SMALLEST, 1 << (size - 1).bit_length()))


def prefix(codes: Codes) -> Hashes:
    """Return the running sums whose differences are hashes; one more than there are codes."""
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.multiply(codes, powers_to(len(sums))[0][: len(codes)], out=sums[1:], dtype=np.uint64)
    np.cumsum(sums, out=sums)
    return sums


def between(sums: Hashes, starts: Indexes, ends: Indexes) -> Hashes:
    """Return the hashes of stretches, each the same wherever its codes stand."""
    return mixed((sums[ends] - sums[starts]) * powers_to(len(sums))[1][starts])


def hashed(codes: Codes, starts: Indexes, ends: Indexes) -> Hashes:
    """Return what `packed` is for, from codes that are no bytes."""
    sizes = np.minimum(ends - starts, LONGEST)
    place = np.cumsum(sizes) - sizes
    moved = np.arange(sizes.sum()) + np.repeat(starts - place, sizes)
    return between(prefix(codes[moved]), place, place + sizes)


def packed(codes: npt.NDArray[np.uint8], starts: Indexes, ends: Indexes) -> Hashes:
    """Return a hash of each word's first codes: eight bytes at once, and most have no more."""
    room = np.zeros(len(codes) + LONGEST, np.uint8)
    room[: len(codes)] = codes
    windows = np.ndarray((len(codes) + LONGEST - EIGHT + 1,), np.uint64, room, strides=(1,))
    sizes = np.minimum(ends - starts, LONGEST)
    keys = mixed(windows[starts] & MASKS[np.minimum(sizes, EIGHT)])
    for done in range(EIGHT, LONGEST, EIGHT):
        longer = np.flatnonzero(sizes > done)
        if not len(longer):
            break
        rest = windows[starts[longer] + done] & MASKS[np.minimum(sizes[longer] - done, EIGHT)]
        keys[longer] = mixed(keys[longer] + rest)
    return keys


def mixed(hashes: Hashes) -> Hashes:
    """Return hashes whose high bits depend on every bit."""
    hashes = (hashes ^ (hashes >> np.uint64(32))) * MIX
    return hashes ^ (hashes >> np.uint64(29))


# By number of bytes, which bits of a little-endian word they fill.
MASKS = np.array([(1 << (8 * size)) - 1 for size in range(EIGHT + 1)], np.uint64)
