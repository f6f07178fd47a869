"""Score passages: look every word up, add up what words, letters and pairs say, and scale.

A passage's score is a sum over the three families of features f, each scaled to its own length:
sum(w_f) / sqrt(sum(r_f^2)), with w_f learned and r_f the feature's rarity, log((1 + N) / (1 + n_f))
+ 1, as in TF-IDF (Sparck Jones 1972). What a word and its groups of letters add is the same
wherever it stands, so it is remembered; only pairs of words are looked up each time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gemsieve.filters.toxicity.fast.hashes import Hash, Hashes, Indexes
from gemsieve.filters.toxicity.fast.memory import (
    KEY,
    KINDS,
    NAME,
    Held,
    Memory,
    Weights,
    learnt,
    rare,
    recall,
    says,
    slot_of,
    weights,
)
from gemsieve.filters.toxicity.fast.native import native
from gemsieve.filters.toxicity.fast.spelling import LETTERS, PAIRS, WORDS, bucket, paired, row_of
from gemsieve.filters.toxicity.fast.tables import BITS, FAMILIES, Floats, Tables
from gemsieve.filters.toxicity.fast.words import Words, cut

LEAST = 1e-3  # of a scale's square: a passage of one word has no pairs
COUNT = len(FAMILIES)

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


class Curves(NamedTuple):
    """What makes probabilities of sums; see `Tables`."""

    slopes: Doubles
    shifts: Doubles
    gate: float
    outside: Doubles


class Model:
    """The tables as compiled functions read them, and what is remembered of the words met.

    The tables themselves, 22 MB, are not kept.
    """

    def __init__(self, tables: Tables) -> None:
        self.labels = tables.labels
        self.memory = Memory(tables)
        self.pairs = weights(tables.families[PAIRS])
        self.telling = weights(tables.families[PAIRS], 1)  # of toxicity alone: it fits the cache
        self.curves = Curves(tables.slopes, tables.shifts, tables.gate, tables.outside)

    def __call__(self, texts: Sequence[str]) -> Passages:
        """Return the passages of texts with their probabilities."""
        words = cut(texts)
        with self.memory.lock:
            scores, sentences = score(
                words, self.memory.held, self.telling, self.pairs, self.curves
            )
        sizes = words.ends[words.first[1:] - 1] - words.starts[words.first[:-1]]
        return Passages(words, sizes, scores, sentences)


@native
def score(
    words: Words, held: Held, telling: Weights, pairs: Weights, curves: Curves
) -> tuple[Doubles, Doubles]:
    """Return `Passages.scores` and `Passages.sentences`."""
    sums, heads, hashes = sentence_sums(words, *recall(held, words), telling)
    whole, fresh = passage_sums(words, sums, heads, hashes)
    scores = np.empty((whole.shape[1], len(curves.slopes)))
    for passage in range(len(scores)):
        chance = probability(whole[:, passage], curves, 0)
        scores[passage, 0] = chance
        if chance < curves.gate:
            for label in range(1, scores.shape[1]):
                scores[passage, label] = chance * curves.outside[label]
        elif scores.shape[1] > 1:
            kinds = kind_sums(held, words, pairs, fresh, passage)
            for label in range(1, scores.shape[1]):
                whole[0, passage] = kinds[label - 1]
                scores[passage, label] = probability(whole[:, passage], curves, label)
    sentences = np.empty(len(hashes))
    for sentence in range(len(sentences)):
        sentences[sentence] = probability(sums[:, sentence], curves, 0)
    return scores, sentences


@native
def sentence_sums(
    words: Words, names: Hashes, said: Floats, pairs: Weights
) -> tuple[Doubles, Doubles, Hashes]:
    """Return what sentences say of toxicity, and a hash of each.

    The first, float64 [2, sentences, families], is what features add, and what they add to the
    square of the scale; the second, [2, sentences], what the pair of a sentence's first word and
    the one before it would.
    """
    borders, keys, (rows, scale, step) = words.sentence, words.keys, pairs
    count = len(borders) - 1
    sums, heads, hashes = (
        np.zeros((2, count, COUNT)),
        np.zeros((2, count)),
        np.zeros(count, np.uint64),
    )
    for sentence in range(count):
        head, total = borders[sentence], Hash(0)
        word = group = pair = word_square = group_square = pair_square = 0.0
        for i in range(head, borders[sentence + 1]):
            row = row_of(paired(names[i - 1], names[i]), PAIRS, BITS[PAIRS])
            pair += says(rows, scale, row, 0)
            pair_square += rare(rows, step, row)
            if i == head:
                heads[0, sentence], heads[1, sentence] = pair, pair_square
                pair = pair_square = 0.0
            word += said[i, 0]
            word_square += said[i, 1]
            group += said[i, 2]
            group_square += said[i, 3]
            total += keys[i]
        sums[0, sentence, WORDS], sums[1, sentence, WORDS] = word, word_square
        sums[0, sentence, LETTERS], sums[1, sentence, LETTERS] = group, group_square
        sums[0, sentence, PAIRS], sums[1, sentence, PAIRS] = pair, pair_square
        hashes[sentence] = total
    return sums, heads, hashes


@native
def passage_sums(
    words: Words, sums: Doubles, heads: Doubles, hashes: Hashes
) -> tuple[Doubles, Flags]:
    """Return the sums over passages, and which sentences count in theirs.

    One that stands in its passage before does not: said again, a thing is no more toxic.
    """
    first, borders = words.first, words.sentence
    whole = np.zeros((2, len(first) - 1, COUNT))
    fresh = np.ones(len(hashes), np.bool_)
    sentence = 0
    for passage in range(len(first) - 1):
        head = sentence
        while borders[sentence] < first[passage + 1]:
            for other in range(head, sentence):
                fresh[sentence] &= hashes[other] != hashes[sentence]
            if fresh[sentence]:
                for part in range(2):
                    for family in range(COUNT):
                        whole[part, passage, family] += sums[part, sentence, family]
                    if sentence > head:  # no pair reaches over the border of two passages
                        whole[part, passage, PAIRS] += heads[part, sentence]
            sentence += 1
    return whole, fresh


@native
def kind_sums(held: Held, words: Words, pairs: Weights, fresh: Flags, passage: int) -> Doubles:
    """Return, float64 [kinds, families], what a passage says of kinds of toxicity."""
    slots, shift, said = held.slots, held.shift, held.said
    borders, keys, (rows, scale, _) = words.sentence, words.keys, pairs
    sums = np.zeros((len(scale) - 1, COUNT))
    head, name = words.first[passage], Hash(0)
    sentence = np.searchsorted(borders, head)
    for i in range(head, words.first[passage + 1]):
        if i == borders[sentence + 1]:
            sentence += 1
        slot = slot_of(slots, shift, keys[i])
        if slots[slot, KEY] != keys[i]:
            slot = learnt(held, words, i)
        before, name = name, slots[slot, NAME]
        row = row_of(paired(before, name), PAIRS, BITS[PAIRS])
        for kind in range(len(sums) if fresh[sentence] else 0):
            sums[kind, WORDS] += said[slot, KINDS + 2 * kind]
            sums[kind, LETTERS] += said[slot, KINDS + 2 * kind + 1]
            if i > head:
                sums[kind, PAIRS] += says(rows, scale, row, kind + 1)
    return sums


@native
def probability(sums: Doubles, curves: Curves, label: int) -> float:
    """Return the probability that sums, [2, families], stand for (Platt 1999)."""
    raw = 0.0
    for family in range(COUNT):
        raw += sums[0, family] / math.sqrt(max(sums[1, family], LEAST))
    logit = curves.slopes[label] * raw + curves.shifts[label]
    return 1 / (1 + math.exp(-min(max(logit, -30.0), 30.0)))


def pair_rows(names: Hashes) -> Indexes:
    """Return the row of each word's pair with the one before it; the first word's is nobody's."""
    return bucket(paired(np.append(names[:1], names[:-1]), names), PAIRS, BITS[PAIRS])
