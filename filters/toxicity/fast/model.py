"""Score passages: look every word up, add up what words, letters and pairs say, and scale.

A passage's score is a sum over the three families of features f, each scaled to its own length:
sum(w_f) / sqrt(sum(r_f^2)), with w_f learned and r_f the feature's rarity, log((1 + N) / (1 + n_f))
+ 1, as in TF-IDF (Sparck Jones 1972). What a word and its groups of letters add is the same
wherever it stands, so it is remembered; only pairs of words are looked up each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gemsieve.filters.toxicity.fast.hashes import Hashes, Indexes
from gemsieve.filters.toxicity.fast.memory import Memory
from gemsieve.filters.toxicity.fast.spelling import PAIRS, bucket, paired
from gemsieve.filters.toxicity.fast.tables import BITS, Tables
from gemsieve.filters.toxicity.fast.words import Words, cut

LEAST = 1e-3  # of a scale's square: a passage of one word has no pairs

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Passages:
    """Some texts' passages with their scores.

    Attributes:
        words: The words that they are made of.
        sizes: Code points from the first to the last word of each passage.
        scores: float64 [passages, labels]: probabilities.
    """

    words: Words
    sizes: Indexes
    scores: Doubles


class Model:
    """The tables, and what is remembered of the words met in this process."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.memory = Memory(tables)
        pairs, every = tables.families[PAIRS], np.arange(1 << BITS[PAIRS])
        toxicity = pairs.says(every, slice(1))[:, 0]
        self.pairs = (toxicity + 1j * pairs.rare(slice(None))).astype(np.complex64)

    def __call__(self, texts: Sequence[str]) -> Passages:
        """Return the passages of texts with their probabilities."""
        words = cut(texts)
        heads = words.first[:-1]
        scores = np.zeros((len(heads), len(self.tables.labels)))
        if not len(heads):
            return Passages(words, np.zeros(0, np.int64), scores)
        names, one, groups = self.memory.recall(words)
        rows = pair_rows(names)
        pairs = self.pairs.take(rows)
        pairs[heads] = 0  # no pair reaches over the border of two passages
        sums = np.stack([np.add.reduceat(part, heads) for part in (one, groups, pairs)])
        scales = 1 / np.sqrt(np.maximum(sums.imag.astype(np.float64), LEAST))
        scores[:, 0] = self.probability((sums.real * scales).sum(axis=0), 0)
        scores[:, 1:] = scores[:, :1] * self.tables.outside[1:]
        chosen = np.flatnonzero(scores[:, 0] >= self.tables.gate)
        if len(chosen):
            scores[chosen, 1:] = self.kinds(words, rows, chosen, scales[:, chosen])
        return Passages(words, words.ends[words.first[1:] - 1] - words.starts[heads], scores)

    def probability(self, raw: Doubles, label: int) -> Doubles:
        """Return the probability that a raw score stands for (Platt 1999)."""
        logit = self.tables.slopes[label] * raw + self.tables.shifts[label]
        return 1 / (1 + np.exp(-np.clip(logit, -30, 30)))

    def kinds(self, words: Words, rows: Indexes, chosen: Indexes, scales: Doubles) -> Doubles:
        """Return, float64 [chosen, kinds], the probability of each kind in some passages."""
        first = words.first[chosen]
        sizes = words.first[chosen + 1] - first
        heads = np.cumsum(sizes) - sizes
        numbers = np.arange(sizes.sum()) + np.repeat(first - heads, sizes)
        spoken = self.memory.recall_kinds(words, numbers)
        pairs = self.tables.families[PAIRS].says(rows[numbers], slice(1, None))
        pairs[heads] = 0
        raw = np.add.reduceat(spoken, heads, axis=0, dtype=np.float64)
        last = np.add.reduceat(pairs, heads, axis=0, dtype=np.float64)
        found = raw[:, :, 0] * scales[0][:, None] + raw[:, :, 1] * scales[1][:, None]
        found += last * scales[2][:, None]
        kinds = [self.probability(column, label) for label, column in enumerate(found.T, 1)]
        return np.stack(kinds, axis=1)


def pair_rows(names: Hashes) -> Indexes:
    """Return the row of each word's pair with the one before it; the first word's is nobody's."""
    return bucket(paired(np.append(names[:1], names[:-1]), names), PAIRS, BITS[PAIRS])
