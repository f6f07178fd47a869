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
from gemsieve.filters.toxicity.fast.memory import Memory, Sums
from gemsieve.filters.toxicity.fast.spelling import PAIRS, bucket, paired
from gemsieve.filters.toxicity.fast.tables import BITS, Tables
from gemsieve.filters.toxicity.fast.words import Words, cut

LEAST = 1e-3  # of a scale's square: a passage of one word has no pairs

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Passages:
    """Some texts' passages with their scores.

    Attributes:
        words: The words that they are made of.
        sizes: Code points from the first to the last word of each passage.
        scores: float64 [passages, labels]: probabilities.
        sentences: float64 [sentences]: the probability of toxicity of each by itself.
    """

    words: Words
    sizes: Indexes
    scores: Doubles
    sentences: Doubles


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
        heads, parts = words.first[:-1], words.sentence[:-1]
        scores = np.zeros((len(heads), len(self.tables.labels)))
        if not len(heads):
            return Passages(words, np.zeros(0, np.int64), scores, np.zeros(0))
        names, one, groups = self.memory.recall(words)
        rows = pair_rows(names)
        pairs = self.pairs.take(rows)
        pairs[heads] = 0  # no pair reaches over the border of two passages
        sums = np.stack([np.add.reduceat(terms, parts) for terms in (one, groups, pairs)])
        first = np.searchsorted(parts, heads)
        again = repeated(np.add.reduceat(words.keys, parts), first)
        whole = np.add.reduceat(np.where(again, 0, sums), first, axis=1)
        scales = scaling(whole)
        scores[:, 0] = self.probability((whole.real * scales).sum(axis=0), 0)
        scores[:, 1:] = scores[:, :1] * self.tables.outside[1:]
        chosen = np.flatnonzero(scores[:, 0] >= self.tables.gate)
        if len(chosen):
            fresh = ~np.repeat(again, np.diff(words.sentence))
            scores[chosen, 1:] = self.kinds(words, rows, fresh, chosen, scales[:, chosen])
        sums[2] -= pairs[parts]  # nor over that of two sentences, where these stand alone
        alone = self.probability((sums.real * scaling(sums)).sum(axis=0), 0)
        sizes = words.ends[words.first[1:] - 1] - words.starts[heads]
        return Passages(words, sizes, scores, alone)

    def probability(self, raw: Doubles, label: int) -> Doubles:
        """Return the probability that a raw score stands for (Platt 1999)."""
        logit = self.tables.slopes[label] * raw + self.tables.shifts[label]
        return np.asarray(1 / (1 + np.exp(-np.clip(logit, -30, 30))))

    def kinds(
        self, words: Words, rows: Indexes, fresh: Flags, chosen: Indexes, scales: Doubles
    ) -> Doubles:
        """Return, float64 [chosen, kinds], the probability of each kind in some passages.

        Args:
            words: Those of all passages.
            rows: Of each word's pair with the one before it.
            fresh: Which words count.
            chosen: The numbers of the passages.
            scales: Theirs, by family.
        """
        first = words.first[chosen]
        sizes = words.first[chosen + 1] - first
        heads = np.cumsum(sizes) - sizes
        numbers = np.arange(sizes.sum()) + np.repeat(first - heads, sizes)
        counts = fresh[numbers, None]
        both = np.add.reduceat(self.memory.recall_kinds(words, numbers) * counts, heads)
        pairs = self.tables.families[PAIRS].says(rows[numbers], slice(1, None)) * counts
        pairs[heads] = 0
        parts = both.real, both.imag, np.add.reduceat(pairs, heads)
        found = sum(part * scale[:, None] for part, scale in zip(parts, scales, strict=True))
        chances = np.empty((len(chosen), pairs.shape[1]))
        for kind in range(pairs.shape[1]):
            chances[:, kind] = self.probability(found[:, kind], kind + 1)
        return chances


def repeated(sentences: Hashes, first: Indexes) -> Flags:
    """Say which sentences stand in their passage before: said again, a thing is no more toxic.

    Args:
        sentences: A hash of each.
        first: The number of each passage's first sentence.
    """
    passage = np.searchsorted(first, np.arange(len(sentences)), "right")
    order = np.lexsort((sentences, passage))
    same = (np.diff(sentences[order]) == 0) & (np.diff(passage[order]) == 0)
    again = np.zeros(len(sentences), bool)
    again[order[1:]] = same
    return again


def scaling(sums: Sums) -> Doubles:
    """Return what each family's sum is multiplied by."""
    return np.asarray(1 / np.sqrt(np.maximum(sums.imag.astype(np.float64), LEAST)))


def pair_rows(names: Hashes) -> Indexes:
    """Return the row of each word's pair with the one before it; the first word's is nobody's."""
    return bucket(paired(np.append(names[:1], names[:-1]), names), PAIRS, BITS[PAIRS])
