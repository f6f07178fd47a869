"""Verified shards to rows: tokens, held-out split, packing.

The order of everything is a function of the data and the seed alone (see `order`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from gemsieve.model.tokenizer import Tokenizer
from gemsieve.model.training.data.emphasis import Emphasis

Array = npt.NDArray[Any]
Row = dict[str, Array]

EVEN = Emphasis()

TEXTS_AT_ONCE = 256


def read_texts(shards: Sequence[Path]) -> Iterator[list[str]]:
    """Yield the `text` column of Parquet shards in order, some hundred texts at a time."""
    import pyarrow.parquet as pq

    for shard in shards:
        with pq.ParquetFile(shard) as file:
            for batch in file.iter_batches(TEXTS_AT_ONCE, columns=["text"]):
                yield batch.column("text").to_pylist()


class Laid(Protocol):
    """Tokenised documents end to end, wherever their tokens are."""

    @property
    def bounds(self) -> Array:
        """Where each document starts, and the end of the last: one more than documents."""
        ...

    @property
    def weights(self) -> Array | None:
        """How much each document's tokens weigh in the loss; None where all weigh 1."""
        ...

    def __len__(self) -> int:
        """How many documents there are."""
        ...

    def between(self, start: int, stop: int) -> Array:
        """Return the tokens of these places, as far as there are any."""
        ...

    def take(self, order: Array) -> Self:
        """Return the documents of these numbers, in this order."""
        ...

    def weighed(self, weights: Array | None) -> Self:
        """Return the documents with these weights."""
        ...


L = TypeVar("L", bound=Laid)


@dataclass(frozen=True)
class Documents:
    """Hold tokenised documents end to end in memory.

    Attributes:
        tokens: All tokens, two bytes each where the vocabulary allows: some 60 MB for a corpus
            of 100 MB.
        bounds: As `Laid` has them, and weights too.
    """

    tokens: Array
    bounds: Array
    weights: Array | None = None

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def between(self, start: int, stop: int) -> Array:
        """Return the tokens of these places, as far as there are any."""
        return self.tokens[start:stop]

    def weighed(self, weights: Array | None) -> Documents:
        """Return the documents with these weights."""
        return replace(self, weights=weights)

    def take(self, order: Array) -> Documents:
        """Return the documents of these numbers, in this order."""
        parts = [self.tokens[self.bounds[i] : self.bounds[i + 1]] for i in order]
        lengths = np.diff(self.bounds)[order]
        tokens = np.concatenate(parts) if parts else self.tokens[:0]
        bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return Documents(tokens, bounds, None if self.weights is None else self.weights[order])


def token_type(vocab_size: int) -> np.dtype[Any]:
    """Return the type of a token in memory and on disk: two bytes where they do, else four."""
    return np.dtype("<u2" if vocab_size <= 1 << 16 else "<u4")


def tokenize(texts: Iterator[list[str]], tokenizer: Tokenizer) -> Documents:
    """Tokenise batches of texts, each document between `<bos>` and `<eos>`."""
    kind = token_type(tokenizer.vocab_size)
    parts: list[Array] = [np.zeros(0, kind)]
    lengths: list[int] = [0]
    for batch in texts:
        documents = tokenizer.encode_documents(batch)
        parts.append(np.concatenate([np.asarray(pieces, kind) for pieces in documents]))
        lengths.extend(len(pieces) for pieces in documents)
    return Documents(np.concatenate(parts), np.cumsum(lengths, dtype=np.int64))


def split(documents: L, held_out_every: int, seed: int, emphasis: Emphasis = EVEN) -> tuple[L, L]:
    """Return documents for training, shuffled by the seed, and every n-th one, held out.

    The n-th, 2n-th... document in the manifest's order is held out whatever the seed, once and
    with weight 1 whatever the emphasis, so runs with different ones can be compared on it, and no
    copy of it is trained on.

    Raises:
        ValueError: There are fewer than `held_out_every` documents, so none would be held out.
    """
    if len(documents) < held_out_every:
        raise ValueError(
            f"{len(documents)} kept documents are too few to hold out every {held_out_every}th:"
            " keep more text or lower data.held_out_every"
        )
    numbers = np.arange(len(documents))
    held_out = numbers % held_out_every == held_out_every - 1
    training = numbers[~held_out]
    if emphasis.copies is not None:
        training = np.repeat(training, emphasis.copies[training])
    order = np.random.default_rng(seed).permutation(training)
    return documents.weighed(emphasis.weights).take(order), documents.take(numbers[held_out])


@dataclass(frozen=True)
class Rows:
    """Cut documents, end to end, into rows of a fixed length; a random-access source for grain.

    Each row has `tokens`, `positions`, `segments`, `targets` (int32) and `weights` (float32),
    [length] each. A document that a row's edge cuts goes on in the next row as a segment of its
    own, from position 0. Every token but `<bos>` is a target exactly once; weights are those of
    the documents, and 0 where the next token belongs to another document. Only the last row has
    padding, of segment 0.
    """

    documents: Laid
    length: int

    def __len__(self) -> int:
        # The last token, an <eos>, has no successor: it needs no row.
        return math.ceil(max(0, int(self.documents.bounds[-1]) - 1) / self.length)

    def __getitem__(self, index: int) -> Row:
        start = index * self.length
        piece = self.documents.between(start, start + self.length + 1).astype(np.int32)
        places = np.arange(start, start + len(piece))
        owner = np.searchsorted(self.documents.bounds, places, side="right") - 1
        positions = places - np.maximum(self.documents.bounds[owner], start)
        columns = {
            "tokens": piece[:-1],
            "positions": positions[:-1],
            "segments": owner[:-1] - owner[0] + 1,
            "targets": piece[1:],
            "weights": owner[1:] == owner[:-1],
        }
        if self.documents.weights is not None:
            columns["weights"] = columns["weights"] * self.documents.weights[owner[1:]]
        missing = self.length + 1 - len(piece)
        if missing:
            columns = {name: np.pad(column, (0, missing)) for name, column in columns.items()}
        return {
            name: column.astype(np.float32 if name == "weights" else np.int32)
            for name, column in columns.items()
        }


class Source(Protocol):
    """Give rows by number, with the columns of `Rows`."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, index: int) -> Row:
        """Return one."""
        ...


def in_order(rows: Source, batch_size: int, limit: int) -> Iterator[Row]:
    """Yield the first `limit` rows once, in batches of one shape; filler rows weigh nothing."""
    for start in range(0, min(limit, len(rows)), batch_size):
        stop = min(start + batch_size, limit, len(rows))
        picked = [rows[index] for index in range(start, stop)]
        filler = [{k: np.zeros_like(v) for k, v in picked[0].items()}] * (batch_size - len(picked))
        yield {name: np.stack([row[name] for row in picked + filler]) for name in picked[0]}
