"""Documents whose tokens stay on disk, read at random as rows ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class StoredDocuments:
    """Lay documents end to end as `data.Documents` does, of which only the bounds are in memory.

    Attributes:
        records: Each document's tokens as bytes, by its number; safe to read by several threads.
        kind: Type of a token.
        numbers: Which document stands where.
        bounds: As `data.Laid` has them, and weights too.
    """

    records: Sequence[bytes]
    kind: np.dtype[Any]
    numbers: Array
    bounds: Array
    weights: Array | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def between(self, start: int, stop: int) -> Array:
        """Return the tokens of these places, as far as there are any; reads whole documents."""
        first = int(np.searchsorted(self.bounds, start, side="right")) - 1
        last = int(np.searchsorted(self.bounds, stop, side="left"))
        found = [np.frombuffer(self.records[n], self.kind) for n in self.numbers[first:last]]
        offset = int(self.bounds[first])
        return np.concatenate(found)[start - offset : stop - offset]

    def weighed(self, weights: Array | None) -> StoredDocuments:
        """Return the documents with these weights."""
        return replace(self, weights=weights)

    def take(self, order: Array) -> StoredDocuments:
        """Return the documents of these numbers, in this order."""
        lengths = np.diff(self.bounds)[order]
        return replace(
            self,
            numbers=self.numbers[order],
            bounds=np.concatenate([[0], np.cumsum(lengths)]),
            weights=None if self.weights is None else self.weights[order],
        )
