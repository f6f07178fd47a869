"""What words add to a score, computed once for each word that a process meets."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from gemsieve.filters.toxicity.fast.hashes import Hashes, Indexes
from gemsieve.filters.toxicity.fast.spelling import LETTERS, WORDS, bucket, spelled
from gemsieve.filters.toxicity.fast.tables import BITS, Floats, Tables
from gemsieve.filters.toxicity.fast.words import Words

SLOTS = 18  # bits of the number of words remembered

# A real part that adds to a score and an imaginary one that adds to its scale: one look-up for two.
Sums = npt.NDArray[np.complex64]


@dataclass(frozen=True)
class Spoken:
    """What some words add.

    Attributes:
        names: The hash of each word's plain spelling.
        words: What each adds as a word.
        groups: What its groups of letters add together.
        kinds: float32 [words, kinds, 2]: the same two, for each kind, without scales.
    """

    names: Hashes
    words: Sums
    groups: Sums
    kinds: Floats


class Memory:
    """The newest word of each slot. Pure: what is forgotten is computed anew, and is the same."""

    def __init__(self, tables: Tables) -> None:
        slots, kinds = 1 << SLOTS, len(tables.labels) - 1
        self.tables = tables
        self.lock = Lock()  # two threads may not see each other's half-written slots
        # A slot without a word holds a key that belongs into another one.
        self.keys = np.zeros(slots, np.uint64)
        self.keys[0] = ~np.uint64(0)
        self.held = Spoken(
            np.zeros(slots, np.uint64),
            np.zeros(slots, np.complex64),
            np.zeros(slots, np.complex64),
            np.zeros((slots, kinds, 2), np.float32),
        )

    def recall(self, words: Words) -> tuple[Hashes, Sums, Sums]:
        """Return names of all words, what they add, and what their groups of letters add."""
        slots = slots_of(words.keys)
        with self.lock:
            names, one, groups = (
                held.take(slots) for held in (self.held.names, self.held.words, self.held.groups)
            )
            missed = np.flatnonzero(self.keys.take(slots) != words.keys)
            if len(missed):
                learnt, inverse = self.learn(words, missed)
                names[missed] = learnt.names[inverse]
                one[missed] = learnt.words[inverse]
                groups[missed] = learnt.groups[inverse]
        return names, one, groups

    def recall_kinds(self, words: Words, chosen: Indexes) -> Floats:
        """Return, float32 [chosen, kinds, 2], what some of the words add to the kinds."""
        keys = words.keys[chosen]
        slots = slots_of(keys)
        with self.lock:
            kinds = self.held.kinds[slots]
            missed = np.flatnonzero(self.keys[slots] != keys)
            if len(missed):
                learnt, inverse = self.learn(words, chosen[missed])
                kinds[missed] = learnt.kinds[inverse]
        return kinds

    def learn(self, words: Words, missed: Indexes) -> tuple[Spoken, Indexes]:
        """Compute words that are not remembered; also which of the answers is each one's."""
        keys, first, inverse = np.unique(words.keys[missed], return_index=True, return_inverse=True)
        learnt = spoken(self.tables, words, missed[first])
        slots = slots_of(keys)
        self.held.names[slots] = learnt.names
        self.held.words[slots] = learnt.words
        self.held.groups[slots] = learnt.groups
        self.held.kinds[slots] = learnt.kinds
        self.keys[slots] = keys
        return learnt, inverse


def slots_of(keys: Hashes) -> Indexes:
    """Return the slot that each word belongs into."""
    return (keys >> np.uint64(64 - SLOTS)).astype(np.int64)


def spoken(tables: Tables, words: Words, chosen: Indexes) -> Spoken:
    """Return what some of the words add, by their number."""
    found = spelled(words, chosen)
    count = len(chosen)
    word = bucket(found.names, WORDS, BITS[WORDS])
    group = bucket(found.groups, LETTERS, BITS[LETTERS])
    words_say, groups_say = tables.families[WORDS], tables.families[LETTERS]
    one = words_say.says(word)
    groups = np.stack(
        [np.bincount(found.owner, column, count) for column in groups_say.says(group).T], axis=1
    )
    scale = np.bincount(found.owner, groups_say.rare(group), count)
    return Spoken(
        found.names,
        (one[:, 0] + 1j * words_say.rare(word)).astype(np.complex64),
        (groups[:, 0] + 1j * scale).astype(np.complex64),
        np.stack([one[:, 1:], groups[:, 1:]], axis=2).astype(np.float32),
    )
