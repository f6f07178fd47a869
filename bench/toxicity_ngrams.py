"""The baseline to beat: logistic regression on weighted word and character n-grams (scikit-learn).

Words and pairs of words, and groups of 2 to 5 characters inside words, each block with logarithmic
counts, inverse document frequencies and rows of unit length. Counting is done once over all texts;
frequencies and vocabulary are then those of the training rows alone, fold by fold: an n-gram that
fewer than `MIN_ROWS` training rows hold weighs nothing, so a fold is exactly what it would be had
the other rows never been counted. Sharing the counts therefore gives nothing away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import normalize

from gemsieve.filters.toxicity.text import normalise

MIN_ROWS = 3
EPOCHS = 10
WORDS = {"analyzer": "word", "token_pattern": r"\S+", "ngram_range": (1, 2)}
CHARACTERS = {"analyzer": "char_wb", "ngram_range": (2, 5)}

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Counted:
    """Texts as counts of n-grams: one sparse matrix (texts, n-grams), log-scaled, a block."""

    blocks: tuple[csr_matrix, ...]

    def features(self, learned: Indices) -> Features:
        """Return the weighting that a set of training rows gives."""
        return Features(self, tuple(rarity(block[learned]) for block in self.blocks))


@dataclass(frozen=True)
class Features:
    """Counts under one fold's weights, one vector (n-grams,) a block."""

    counted: Counted
    weights: tuple[NDArray[np.float32], ...]

    def of(self, rows: Indices) -> csr_matrix:
        """Return the features of some rows: sparse (rows, n-grams), both blocks of unit length."""
        weighted = (
            normalize(block[rows] @ diags_array(weight, format="csr"), copy=False)
            for block, weight in zip(self.counted.blocks, self.weights, strict=True)
        )
        return hstack(list(weighted), format="csr", dtype=np.float32)


def counted(texts: Sequence[str]) -> Counted:
    """Count the n-grams of all texts, read as our own tier reads them."""
    normal = [normalise(text) for text in texts]
    blocks = []
    for kind in (WORDS, CHARACTERS):
        counter = CountVectorizer(min_df=MIN_ROWS, lowercase=False, dtype=np.float32, **kind)
        block = counter.fit_transform(normal)
        np.log(block.data, out=block.data)
        block.data += 1
        blocks.append(block)
    return Counted(tuple(blocks))


def rarity(block: csr_matrix) -> NDArray[np.float32]:
    """Return the smoothed inverse document frequency of each n-gram, 0 for one too rare."""
    holding = np.bincount(block.indices, minlength=block.shape[1])
    weight = np.log((1 + block.shape[0]) / (1 + holding)) + 1
    return np.where(holding >= MIN_ROWS, weight, 0).astype(np.float32)


def fit(
    features: csr_matrix, toxic: NDArray[np.bool_], times: Floats, strength: float, seed: int
) -> SGDClassifier:
    """Fit the classifier; `times` says how often training repeats each row.

    Averaged stochastic gradients minimise what LogisticRegression(C=strength) would, which took
    twenty times as long here and ranked no better.
    """
    model = SGDClassifier(
        loss="log_loss",
        alpha=1 / (strength * len(times)),
        max_iter=EPOCHS,
        tol=None,
        average=True,
        random_state=seed,
    )
    return model.fit(features, toxic, sample_weight=times)
