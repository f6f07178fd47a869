"""Learn the fast tier's tables: logistic regression with offsets for groups of texts.

Sets of texts mean different things by "toxic" and hold different shares of it. An offset of its
own takes that up for a group of sets, so that the weights need not; at use it is left out. This is
the simplest of the models of Daumé III (2007, "Frustratingly easy domain adaptation").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gemsieve.filters.toxicity.fast.hashes import Indexes
from gemsieve.filters.toxicity.fast.model import LEAST, pair_rows
from gemsieve.filters.toxicity.fast.spelling import LETTERS, PAIRS, WORDS, bucket, spelled
from gemsieve.filters.toxicity.fast.tables import BITS, Family, family
from gemsieve.filters.toxicity.fast.words import cut

PENALTY = 2.0  # of the squared weights; chosen on the development part, as are the two below
STEPS = 200  # of L-BFGS
RAREST = 3  # texts that a feature must be in
BATCH = 2_000

Doubles = npt.NDArray[np.float64]
Matrix = Any  # a SciPy sparse array; SciPy carries no types


@dataclass(frozen=True)
class Features:
    """The counts of features in texts: SciPy sparse arrays [texts, rows], one a family."""

    families: tuple[Matrix, ...]

    def take(self, chosen: npt.NDArray[np.bool_]) -> Features:
        """Return those of some texts."""
        return Features(tuple(family[chosen] for family in self.families))


@dataclass(frozen=True)
class Rarity:
    """How rare each feature is, by family: 0 where it is too rare to say anything."""

    families: tuple[npt.NDArray[np.float32], ...]

    @property
    def squares(self) -> tuple[npt.NDArray[np.float32], ...]:
        """What features add to the squares of scales."""
        return tuple(family**2 for family in self.families)


def features(texts: Sequence[str]) -> Features:
    """Count the features of texts, each taken as one passage."""
    from scipy.sparse import vstack

    parts = [counted(texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)]
    return Features(tuple(vstack(column, format="csr") for column in zip(*parts, strict=True)))


def counted(texts: Sequence[str]) -> tuple[Matrix, ...]:
    """Count the features of a few texts."""
    from scipy.sparse import coo_array

    words = cut(texts)
    keys, first, inverse = np.unique(words.keys, return_index=True, return_inverse=True)
    found = spelled(words, first)
    owner = np.repeat(words.text, np.diff(words.first))

    def table(rows: Indexes, columns: Indexes, height: int, family: int) -> Matrix:
        ones = np.ones(len(rows), np.float32)
        shape = (height, 1 << BITS[family])
        return coo_array((ones, (rows, columns)), shape=shape).tocsr()

    uses = coo_array(
        (np.ones(len(owner), np.float32), (owner, inverse)), shape=(len(texts), len(keys))
    ).tocsr()
    group = bucket(found.groups, LETTERS, BITS[LETTERS])
    names = found.names[inverse]
    inside = np.append(False, owner[1:] == owner[:-1]) if len(owner) else np.zeros(0, bool)
    return (
        table(owner, bucket(names, WORDS, BITS[WORDS]), len(texts), WORDS),
        (uses @ table(found.owner, group, len(keys), LETTERS)).tocsr(),
        table(owner[inside], pair_rows(names)[inside], len(texts), PAIRS),
    )


def rarity(counts: Features) -> Rarity:
    """Return how rare features are among texts."""
    found = []
    for one in counts.families:
        texts = np.bincount(one.indices, minlength=one.shape[1])
        rare = np.log((1 + one.shape[0]) / (1 + texts)) + 1
        found.append(np.where(texts >= RAREST, rare, 0).astype(np.float32))
    return Rarity(tuple(found))


def scaled(counts: Features, rare: Rarity) -> Matrix:
    """Return the matrix that weights are learned over, families side by side."""
    from scipy.sparse import diags_array, hstack

    parts = []
    for one, weight, square in zip(counts.families, rare.families, rare.squares, strict=True):
        scale = 1 / np.sqrt(np.maximum(one @ square.astype(np.float64), LEAST))
        part = diags_array(scale.astype(np.float32)) @ one
        part.data *= weight[part.indices]
        parts.append(part)
    return hstack(parts, format="csr")


def learn(
    matrix: Matrix, toxic: Doubles, weights: Doubles, sets: Indexes, penalty: float = PENALTY
) -> npt.NDArray[np.float32]:
    """Return the weights of the likeliest model under the penalty; the intercept is calibrated.

    Args:
        matrix: What `scaled` returned.
        toxic: 0, 1 or between, for each row.
        weights: How much each row counts.
        sets: The number of the group of sets that each row is of.
        penalty: Of the weights' squares, halved.
    """
    from scipy.optimize import minimize

    used = np.unique(matrix.indices)  # a fraction of the columns; the others' weights are 0
    narrow = matrix[:, used]
    turned = narrow.T.tocsr()
    width, count = len(used), int(sets.max()) + 1

    def loss(point: Doubles) -> tuple[float, Doubles]:
        theta, offsets = point[:width], point[width + 1 :]
        raw = narrow @ theta.astype(np.float32) + point[width] + offsets[sets]
        value = weights @ (np.logaddexp(0, raw) - toxic * raw)
        value += penalty / 2 * (theta @ theta) + offsets @ offsets / 2
        slope = weights * (1 / (1 + np.exp(-raw)) - toxic)
        steep = turned @ slope.astype(np.float32) + penalty * theta
        moved = np.bincount(sets, slope, count) + offsets
        return float(value), np.concatenate([steep, [slope.sum()], moved])

    options = {"maxiter": STEPS, "maxcor": 8}
    found = minimize(
        loss, np.zeros(width + 1 + count), jac=True, method="L-BFGS-B", options=options
    )
    theta = np.zeros(matrix.shape[1], np.float32)
    theta[used] = found.x[:width]
    return theta


def families(thetas: Sequence[npt.NDArray[np.float32]], rare: Rarity) -> tuple[Family, ...]:
    """Return what features say of each label, by family, from what `learn` returned for each."""
    parts = np.split(np.stack(thetas, axis=1), np.cumsum([1 << bits for bits in BITS[:-1]]))
    return tuple(
        family(part * weight[:, None], weight**2)
        for part, weight in zip(parts, rare.families, strict=True)
    )
