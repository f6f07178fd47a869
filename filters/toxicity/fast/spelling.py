"""The features of a word: its spelling made plain, and the groups of letters in that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from gemsieve.filters.pii.lookalikes import TWINS
from gemsieve.filters.toxicity.fast.hashes import (
    LONGEST,
    Hashes,
    Indexes,
    between,
    mixed,
    prefix,
)
from gemsieve.filters.toxicity.fast.letters import LETTER, Codes
from gemsieve.filters.toxicity.fast.words import Words

GROUPS = (2, 3, 4, 5)  # letters, the word's edges included
OPEN, CLOSE = 1, 2  # codes of a word's edges
TABLE = 0x500  # Latin, Greek and Cyrillic
# What stands for a letter in a word that has letters ("1d10t"); in others, digits are all one.
LEET = dict(zip("013457@$!|", "oieastasii", strict=True))
WORDS, LETTERS, PAIRS = range(3)  # the three families of features
SALTS = np.array([0x51ED270B, 0x2545F491, 0x9E6C63D0], np.uint64)


@dataclass(frozen=True)
class Spelled:
    """Some words as they are looked at.

    Attributes:
        names: A hash of each word's made-plain spelling; pairs are of these.
        groups: Hashes of the groups of letters of all words, end to end.
        owner: The number of the word that each group belongs to.
    """

    names: Hashes
    groups: Hashes
    owner: Indexes


@cache
def substitutes(letters: bool) -> Codes:
    """Return, by code, what is read instead of it in words with or without letters."""
    table = np.arange(TABLE, dtype=np.uint32)
    if letters:
        for sign, letter in LEET.items():
            table[ord(sign)] = ord(letter)
    else:
        table[ord("0") : ord("9") + 1] = ord("0")
    return table


@cache
def twins() -> Codes:
    """Return, by code, the Latin letter that a Cyrillic or Greek one looks like."""
    table = np.arange(TABLE, dtype=np.uint32)
    for code, letter in TWINS.items():
        if code < TABLE:
            table[code] = ord(chr(letter).lower())
    return table


def spelled(words: Words, chosen: Indexes) -> Spelled:
    """Return the features of some of the words, by number."""
    starts = words.starts[chosen]
    sizes = np.minimum(words.ends[chosen] - starts, LONGEST)
    owner = np.repeat(np.arange(len(chosen)), sizes)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    at = np.repeat(starts, sizes) + place
    codes = plainer(
        words.plain[at].astype(np.uint32), (words.classes[at] & LETTER) > 0, owner, len(chosen)
    )
    kept = ~thrice(codes, owner)
    return grouped(codes[kept], owner[kept], len(chosen))


def plainer(codes: Codes, letter: npt.NDArray[np.bool_], owner: Indexes, count: int) -> Codes:
    """Return letters for the signs that stand for them, and one digit for all numbers."""
    known = np.minimum(codes, TABLE - 1)
    low = codes < TABLE - 1
    spelt = (np.bincount(owner, letter, count) > 0)[owner]
    latin = (np.bincount(owner, letter & (codes < 0x80), count) > 0)[owner]
    codes = np.where(low & latin, twins()[known], codes)
    known = np.minimum(codes, TABLE - 1)
    read = np.where(spelt, substitutes(True)[known], substitutes(False)[known])
    return np.where(low, read, codes)


def thrice(codes: Codes, owner: Indexes) -> npt.NDArray[np.bool_]:
    """Say which codes are the third or later of a run of equal ones within a word."""
    again = np.zeros(len(codes), bool)
    again[2:] = (codes[2:] == codes[1:-1]) & (codes[2:] == codes[:-2]) & (owner[2:] == owner[:-2])
    return again


def grouped(codes: Codes, owner: Indexes, count: int) -> Spelled:
    """Return the names of words and the hashes of their groups of letters."""
    sizes = np.bincount(owner, minlength=count) + 2
    ends = np.cumsum(sizes)
    starts = ends - sizes
    edged = np.full(ends[-1] if count else 0, OPEN, np.uint32)
    edged[ends - 1] = CLOSE
    place = np.arange(len(owner)) + 2 * owner + 1
    edged[place] = codes
    sums = prefix(edged)
    names = between(sums, starts + 1, ends - 1)
    word = np.repeat(np.arange(count), sizes)
    hashes, owners = [], []
    for size in GROUPS:
        at = np.flatnonzero(np.arange(len(edged)) + size <= ends[word])
        hashes.append(between(sums, at, at + size))
        owners.append(word[at])
    return Spelled(names, np.concatenate(hashes), np.concatenate(owners))


def bucket(hashes: Hashes, family: int, bits: int) -> Indexes:
    """Return the row of a family's table, of 2^bits, that each hash falls into."""
    return (mixed(hashes ^ SALTS[family]) >> np.uint64(64 - bits)).astype(np.int64)


def paired(first: Hashes, second: Hashes) -> Hashes:
    """Return the hash of two words, one after the other."""
    return mixed(first * np.uint64(3) + second)
