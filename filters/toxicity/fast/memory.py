"""What words add to a score, computed once for each word that a process meets."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from gemsieve.filters.toxicity.fast.hashes import Hashes, Indexes
from gemsieve.filters.toxicity.fast.spelling import LETTERS, WORDS, bucket, spelled
from gemsieve.filters.toxicity.fast.tables import BITS, Tables
from gemsieve.filters.toxicity.fast.words import Words

SLOTS = 19  # bits of the number of words remembered: 16 MB, and as much for their kinds

# A real part that adds to a score and an imaginary one that adds to its scale: one look-up for two.
Sums = npt.NDArray[np.complex64]


@dataclass(frozen=True)
class Spoken:
    """What some words add.

    Attributes:
        names: The hash of each word's plain spelling.
        words: What each adds as a word.
        groups: What its groups of letters add together.
        kinds: complex64 [words, kinds]: what it adds to each kind as a word (real), and what its
            groups of letters do (imaginary).
    """

    names: Hashes
    words: Sums
    groups: Sums
    kinds: Sums


class Memory:
    """The newest word of each slot. Pure: what is forgotten is computed anew, and is the same."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.lock = Lock()  # two threads may not see each other's half-written slots
        # Key, name, words and groups of a word lie side by side: one trip to the memory for all.
        self.held = np.zeros((1 << SLOTS, 4), np.uint64)
        self.kinds = np.zeros((1 << SLOTS, len(tables.labels) - 1), np.complex64)
        self.held[0, 0] = ~np.uint64(0)  # a slot without a word holds a key of another slot

    def recall(self, words: Words) -> tuple[Hashes, Sums, Sums]:
        """Return all words' names, what they add, and what their groups of letters add."""
        slots = slots_of(words.keys)
        with self.lock:
            rows = self.held.take(slots, axis=0)
            missed = np.flatnonzero(rows[:, 0] != words.keys)
            if len(missed):
                rows[missed] = self.learn(words, missed)[0]
        return rows[:, 1], rows[:, 2].view(np.complex64), rows[:, 3].view(np.complex64)

    def recall_kinds(self, words: Words, chosen: Indexes) -> Sums:
        """Return, complex64 [chosen, kinds], what some of the words add to the kinds."""
        keys = words.keys[chosen]
        slots = slots_of(keys)
        with self.lock:
            kinds = self.kinds.take(slots, axis=0)
            missed = np.flatnonzero(self.held[slots, 0] != keys)
            if len(missed):
                kinds[missed] = self.learn(words, chosen[missed])[1]
        return kinds

    def learn(self, words: Words, missed: Indexes) -> tuple[Hashes, Sums]:
        """Compute words that are not remembered, each once; return what is held of them."""
        keys, first, inverse = np.unique(words.keys[missed], return_index=True, return_inverse=True)
        found = spoken(self.tables, words, missed[first])
        rows = rows_of(keys, found)
        self.held[slots_of(keys)] = rows
        self.kinds[slots_of(keys)] = found.kinds
        return rows[inverse], found.kinds[inverse]


def slots_of(keys: Hashes) -> Indexes:
    """Return the slot that each word belongs into."""
    return (keys >> np.uint64(64 - SLOTS)).astype(np.int64)


def rows_of(keys: Hashes, found: Spoken) -> Hashes:
    """Return, uint64 [words, 4], what is held of words."""
    columns = keys, found.names, found.words.view(np.uint64), found.groups.view(np.uint64)
    return np.stack(columns, axis=1)


def spoken(tables: Tables, words: Words, chosen: Indexes) -> Spoken:
    """Return what some of the words add, by their number."""
    found = spelled(words, chosen)
    count = len(chosen)
    word = bucket(found.names, WORDS, BITS[WORDS])
    group = bucket(found.groups, LETTERS, BITS[LETTERS])
    words_say, groups_say = tables.families[WORDS], tables.families[LETTERS]
    one = words_say.says(word)
    columns = [np.bincount(found.owner, column, count) for column in groups_say.says(group).T]
    both = one + 1j * np.stack(columns, axis=1)
    scale = np.bincount(found.owner, groups_say.rare(group), count)
    return Spoken(
        found.names,
        (both[:, 0].real + 1j * words_say.rare(word)).astype(np.complex64),
        (both[:, 0].imag + 1j * scale).astype(np.complex64),
        both[:, 1:].astype(np.complex64),
    )
