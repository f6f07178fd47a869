"""The features of a word: its spelling made plain, and the groups of letters in that."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from gemsieve.filters.pii.lookalikes import TWINS
from gemsieve.filters.toxicity.fast.hashes import Codes, H, Hash, Hashes, Indexes, hashed, mixed
from gemsieve.filters.toxicity.fast.letters import ASCII, LETTER, PLAIN
from gemsieve.filters.toxicity.fast.native import native
from gemsieve.filters.toxicity.fast.words import LONGEST, Words

SHORTEST, WIDEST = 2, 5  # letters of a group, the word's edges included
OPEN, CLOSE = 1, 2  # codes of a word's edges
ROOM = LONGEST + 2
TABLE = 0x500  # Latin, Greek and Cyrillic
# What stands for a letter in a word that has letters ("1d10t"); in others, digits are all one.
LEET = dict(zip("013457@$!|", "oieastasii", strict=True))
UNSPELT, SPELT, LATIN = range(3)  # words without letters, with some, with some of ASCII
WORDS, LETTERS, PAIRS = range(3)  # the three families of features
SALTS = (Hash(0x51ED270B), Hash(0x2545F491), Hash(0x9E6C63D0))
THREE = Hash(3)


class Spelled(NamedTuple):
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
def readings() -> Codes:
    """Return, uint32 [3, codes], what is read instead of a code in words of the three sorts.

    In words with Latin letters a Cyrillic or Greek one is read as the Latin one it looks like.
    """
    table = np.tile(np.arange(TABLE, dtype=np.uint32), (3, 1))
    table[UNSPELT, ord("0") : ord("9") + 1] = ord("0")
    for sign, letter in LEET.items():
        table[SPELT, ord(sign)] = ord(letter)
    twins = {code: ord(chr(letter).lower()) for code, letter in TWINS.items() if code < TABLE}
    table[LATIN] = table[SPELT]
    table[LATIN, [*twins]] = table[SPELT, [*twins.values()]]
    return table


def spelled(words: Words, chosen: Indexes) -> Spelled:
    """Return the features of some of the words, by number."""
    return Spelled(*features(words.letters, words.starts[chosen], words.ends[chosen], readings()))


@native
def features(
    read: Codes, starts: Indexes, ends: Indexes, readings: Codes
) -> tuple[Hashes, Hashes, Indexes]:
    """Return what `Spelled` holds of the words that lie in some places."""
    names = np.empty(len(starts), np.uint64)
    groups = np.empty(len(starts) * (WIDEST - SHORTEST + 1) * ROOM, np.uint64)
    owner = np.empty(len(groups), np.int64)
    room = np.empty(ROOM, np.uint32)
    count = 0
    for i in range(len(starts)):
        size = spell(read, starts[i], ends[i], readings, room)
        names[i] = hashed(room, 1, size - 1)
        for width in range(SHORTEST, WIDEST + 1):
            for at in range(size - width + 1):
                groups[count], owner[count] = hashed(room, at, at + width), i
                count += 1
    return names, groups[:count], owner[:count]


@native
def spell(read: Codes, start: int, end: int, readings: Codes, room: Codes) -> int:
    """Put a word's made-plain spelling and its edges into a room, and return how many they are.

    Letters stand for the signs that look like them, one digit for all numbers, and no letter is
    said more than twice running.
    """
    end = min(end, start + LONGEST)
    sort = UNSPELT
    for letter in read[start:end]:
        if letter & LETTER:
            sort = max(sort, LATIN if letter >> PLAIN < ASCII else SPELT)
    room[0] = OPEN
    size = 1
    for letter in read[start:end]:
        code = letter >> PLAIN
        # The table's last code is read as itself, as those behind it are.
        plain = readings[sort, code] if code < TABLE - 1 else code
        if size < 3 or room[size - 1] != plain or room[size - 2] != plain:
            room[size] = plain
            size += 1
    room[size] = CLOSE
    return size + 1


def bucket(hashes: Hashes, family: int, bits: int) -> Indexes:
    """Return the row of a family's table, of 2^bits, that each hash falls into."""
    return row_of(hashes, family, bits).astype(np.int64)


@native
def row_of(hashes: H, family: int, bits: int) -> H:
    """Return what `bucket` does, as it is."""
    return mixed(hashes ^ SALTS[family]) >> Hash(64 - bits)


@native
def paired(first: H, second: H) -> H:
    """Return the hash of two words, one after the other."""
    return mixed(first * THREE + second)
