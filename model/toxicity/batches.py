"""Training batches of a few fixed shapes, so that short texts are not padded to the longest."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gemsieve.model.toxicity.rows import Example
from gemsieve.model.toxicity.spelling import varied
from gemsieve.model.toxicity.wordpiece import WordPiece

LENGTHS = (16, 24, 32, 48, 64, 96)
PIECES = 1_536  # of a batch, padding included


@dataclass(frozen=True)
class TrainingBatch:
    """Arrays by row: pieces [rows, length], targets and weights [rows, labels], sources [rows]."""

    pieces: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    sources: np.ndarray


def framed(cut: WordPiece, text: str, length: int) -> list[int]:
    """Return a text's pieces between first and last mark, at most `length` in all."""
    return [cut.first, *cut(text)[: length - 2], cut.last]


def training_batches(
    examples: Sequence[Example], cut: WordPiece, seed: int
) -> Iterator[TrainingBatch]:
    """Yield the examples in batches of like length, in shuffled order; fills are weightless."""
    rng = random.Random(seed)
    shelves: dict[int, list[tuple[list[int], Example]]] = {length: [] for length in LENGTHS}
    for one in examples:
        pieces = framed(cut, varied(one.text, rng), LENGTHS[-1])
        length = next(limit for limit in LENGTHS if len(pieces) <= limit)
        shelf = shelves[length]
        shelf.append((pieces, one))
        if len(shelf) == PIECES // length:
            yield filled(shelf, length)
            shelf.clear()
    for length, shelf in shelves.items():
        if shelf:
            yield filled(shelf, length)


def filled(shelf: Sequence[tuple[list[int], Example]], length: int) -> TrainingBatch:
    """Lay out one batch of the full shape."""
    rows = PIECES // length
    labels = len(shelf[0][1].targets)
    batch = TrainingBatch(
        np.zeros((rows, length), np.int32),
        np.zeros((rows, labels), np.float32),
        np.zeros((rows, labels), np.float32),
        np.zeros(rows, np.int32),
    )
    for i, (pieces, one) in enumerate(shelf):
        batch.pieces[i, : len(pieces)] = pieces
        batch.targets[i], batch.weights[i] = one.targets, one.weights
        batch.sources[i] = one.source
    return batch
