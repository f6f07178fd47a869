"""From texts to logits, in a few fixed shapes, so that company and order cannot matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np

from gemsieve.model.toxicity import quantised
from gemsieve.model.toxicity.encoder import Encoder, Shape
from gemsieve.model.toxicity.wordpiece import WordPiece, read_vocabulary

LENGTHS = (16, 24, 32, 48, 64, 96, 128)
PIECES = 128  # of a call, padding included: more is no faster, and one text alone pays for all


@partial(jax.jit, static_argnums=0)
def apply(encoder: Encoder, params: Mapping[str, Any], pieces: np.ndarray) -> jax.Array:
    """Return the encoder's logits; compiled once a shape."""
    return cast(jax.Array, encoder.apply({"params": params}, pieces))


class Scorer:
    """Cuts texts, lays them out in fixed shapes, and puts each text's logits back in its place."""

    def __init__(self, params: Mapping[str, Any], cut: WordPiece, shape: Shape) -> None:
        self._params = jax.device_put(params)
        self._cut = cut
        self._encoder = Encoder(shape)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Return logits [texts, labels]: of a long text's windows the highest, of nothing -inf."""
        found = np.full((len(texts), self._encoder.shape.labels), -np.inf, np.float32)
        shelves: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
        for number, text in enumerate(texts):
            for window in self._windows(text):
                length = next(limit for limit in LENGTHS if len(window) <= limit)
                shelves[length].append((number, window))
        for length, shelf in shelves.items():
            for group in grouped(shelf, max(1, PIECES // length)):
                logits = self._run([window for _, window in group], length)
                for (number, _), row in zip(group, logits, strict=False):
                    found[number] = np.maximum(found[number], row)
        return found

    def _windows(self, text: str) -> Iterator[list[int]]:
        """Yield a text's pieces, framed, at most as many as the longest shape holds."""
        pieces, room = self._cut(text), LENGTHS[-1] - 2
        for start in range(0, len(pieces), room):
            yield [self._cut.first, *pieces[start : start + room], self._cut.last]

    def _run(self, windows: Sequence[list[int]], length: int) -> np.ndarray:
        """Return the logits of one call of the full shape."""
        pieces = np.zeros((max(1, PIECES // length), length), np.int32)
        for row, window in zip(pieces, windows, strict=False):
            row[: len(window)] = window
        return np.asarray(apply(self._encoder, self._params, pieces))


def load(weights: Path, vocabulary: Path, shape: Shape) -> Scorer:
    """Read the files of a folder of weights."""
    return Scorer(quantised.read(weights), WordPiece(read_vocabulary(vocabulary)), shape)


def probabilities(logits: np.ndarray, curves: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Return probabilities [texts, labels] to four decimals, by each label's logistic curve."""
    slope, intercept = (np.array([c[key] for c in curves]) for key in ("slope", "intercept"))
    chance: np.ndarray = 1 / (1 + np.exp(-(logits.astype(np.float64) * slope + intercept)))
    return chance.round(4)


def grouped(
    shelf: Sequence[tuple[int, list[int]]], size: int
) -> Iterator[Sequence[tuple[int, list[int]]]]:
    """Cut a list into runs of at most `size`."""
    return (shelf[start : start + size] for start in range(0, len(shelf), size))
