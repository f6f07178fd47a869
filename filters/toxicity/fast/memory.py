"""What words add to a score, computed once for each word that a process meets."""

from __future__ import annotations

from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gemsieve.filters.toxicity.fast.hashes import Codes, Hash, Hashes, hashed
from gemsieve.filters.toxicity.fast.native import native
from gemsieve.filters.toxicity.fast.spelling import (
    LETTERS,
    ROOM,
    SHORTEST,
    WIDEST,
    WORDS,
    readings,
    row_of,
    spell,
)
from gemsieve.filters.toxicity.fast.tables import BITS, RARITIES, STEPS, Family, Floats, Tables
from gemsieve.filters.toxicity.fast.words import Words

SLOTS = 19  # bits of the number of words remembered: 32 MB with four kinds
WAYS = 8  # slots that a word may lie in, from its own on
EMPTY = Hash(0)  # no word's key
KEY, NAME = range(2)  # in a slot, as integers
SAID, SQUARE, GROUPS_SAID, GROUPS_SQUARE, KINDS = range(4, 9)  # in a slot, as floats
Rows = npt.NDArray[np.int8]

# By the bits of a signed root, the share of the largest weight that it stands for.
ROOTS = np.arange(RARITIES + 1, dtype=np.uint8).view(np.int8).astype(np.float32) / np.float32(STEPS)
SHARES = ROOTS * np.abs(ROOTS)


class Weights(NamedTuple):
    """A family's table, as compiled functions read it: all of a feature lies side by side.

    Attributes:
        rows: int8 [rows, at least 1 + labels]: the bits of `Family.squares`, `Family.weights`.
        scale: float32 [labels]: the weight that 127 stands for.
        step: The square that 1 stands for.
    """

    rows: Rows
    scale: Floats
    step: np.float32


class Held(NamedTuple):
    """The words met, each in a slot, and what is needed to compute another.

    Attributes:
        slots: uint64 [slots, 4 + kinds]: all that is held of a word lies side by side, its key and
            the hash of its plain spelling first; then, as float32, the rest.
        said: The same slots as float32 [slots, 8 + 2 * kinds]: what the word adds to toxicity and
            to the square of its scale, what its groups of letters do; then, for each kind, what
            the word and what the groups add to it.
        shift: Bits of a key that are not its slot's number.
        words, groups: The families' tables.
        readings: What is read for codes.
    """

    slots: Hashes
    said: Floats
    shift: Hash
    words: Weights
    groups: Weights
    readings: Codes


class Memory:
    """Words met before. Pure: what is forgotten is computed anew, and is the same."""

    def __init__(self, tables: Tables) -> None:
        self.lock = Lock()  # two threads may not see each other's half-written slots
        slots = np.zeros(((1 << SLOTS) + WAYS - 1, 3 + len(tables.labels)), np.uint64)
        self.held = Held(
            slots,
            slots.view(np.float32),
            Hash(64 - SLOTS),
            weights(tables.families[WORDS]),
            weights(tables.families[LETTERS]),
            readings(),
        )


def weights(family: Family, labels: int | None = None) -> Weights:
    """Return a family's table for compiled functions, of all labels or the first ones."""
    told = family.weights[:, :labels]
    width = 1 + told.shape[1]
    # As wide as a power of two: no row lies in two lines of the cache.
    rows = np.zeros((len(told), 1 << (width - 1).bit_length()), np.int8)
    rows[:, 0], rows[:, 1:width] = family.squares.view(np.int8), told
    return Weights(rows, family.scale[:labels], np.float32(family.top / RARITIES))


@native
def recall(held: Held, words: Words) -> tuple[Hashes, Floats]:
    """Return words' names and, float32 [words, 4], what they add to toxicity; learn new ones."""
    slots, said, shift, keys = held.slots, held.said, held.shift, words.keys
    names, toxicity = np.empty(len(keys), np.uint64), np.empty((len(keys), 4), np.float32)
    missed = np.empty(len(keys), np.int64)
    count = 0
    for i, key in enumerate(keys):
        slot = slot_of(slots, shift, key)
        missed[count] = i
        count += slots[slot, KEY] != key
        names[i] = slots[slot, NAME]
        for j in range(4):
            toxicity[i, j] = said[slot, SAID + j]
    for i in missed[:count]:
        slot = learnt(held, words, i)
        names[i] = slots[slot, NAME]
        for j in range(4):
            toxicity[i, j] = said[slot, SAID + j]
    return names, toxicity


@native
def slot_of(slots: Hashes, shift: Hash, key: Hash) -> int:
    """Return the slot that a word is in, or else the one that it belongs into."""
    own: int = np.int64(key >> shift)  # type: ignore[assignment]  # a compiled int has 64 bits
    for slot in range(own, own + WAYS):
        if slots[slot, KEY] == key or slots[slot, KEY] == EMPTY:
            return slot
    return own


@native
def learnt(held: Held, words: Words, number: int) -> int:
    """Return the slot of a word, by its number, with that word in it."""
    key = words.keys[number]
    slot = slot_of(held.slots, held.shift, key)
    if held.slots[slot, KEY] == key:
        return slot
    room = np.empty(ROOM, np.uint32)
    size = spell(words.letters, words.starts[number], words.ends[number], held.readings, room)
    name, groups = hashed(room, 1, size - 1), held.groups
    sums, square = np.zeros(len(groups.scale)), 0.0
    for width in range(SHORTEST, WIDEST + 1):
        for at in range(size - width + 1):
            row = row_of(hashed(room, at, at + width), LETTERS, BITS[LETTERS])
            square += rare(groups.rows, groups.step, row)
            for label in range(len(sums)):
                sums[label] += says(groups.rows, groups.scale, row, label)
    said, alone, row = held.said[slot], held.words, row_of(name, WORDS, BITS[WORDS])
    said[SAID] = says(alone.rows, alone.scale, row, 0)
    said[SQUARE] = rare(alone.rows, alone.step, row)
    said[GROUPS_SAID], said[GROUPS_SQUARE] = sums[0], square
    for kind in range(len(sums) - 1):
        said[KINDS + 2 * kind] = says(alone.rows, alone.scale, row, kind + 1)
        said[KINDS + 2 * kind + 1] = sums[kind + 1]
    held.slots[slot, KEY], held.slots[slot, NAME] = key, name
    return slot


@native
def says(rows: Rows, scale: Floats, row: Hash, label: int) -> float:
    """Return what a feature adds to a label before scaling."""
    return float(SHARES[np.uint8(rows[row, 1 + label])] * scale[label])


@native
def rare(rows: Rows, step: np.float32, row: Hash) -> float:
    """Return what a feature adds to the square of the scale."""
    return float(np.float32(np.uint8(rows[row, 0])) * step)
