"""Rows that cut no document that fits into one: best-fit packing (arXiv 2404.10830)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gemsieve.model.training.data.rows import Laid, Row

Array = npt.NDArray[Any]


class Pieces(NamedTuple):
    """Say what lies in which row; [pieces], sorted by row.

    Attributes:
        starts: The place of each piece's first token, the documents being end to end.
        sizes: How many tokens are read of it; the last one's target is the token after.
        rows: Where each row's pieces start, and the end of the last: one more than rows.
    """

    starts: Array
    sizes: Array
    rows: Array


@dataclass(frozen=True)
class BestFitRows:
    """Put documents into rows of a fixed length, whole where they fit; a source for grain.

    A row is as one of `data.Rows`, but that it may end in padding, of segment 0. A longer document
    fills rows of its own, and only its rest is packed. Every token but `<bos>` is a target once.
    """

    documents: Laid
    length: int

    @cached_property
    def pieces(self) -> Pieces:
        """What lies in which row."""
        return pack(self.documents.bounds, self.length)

    def __len__(self) -> int:
        return len(self.pieces.rows) - 1

    def __getitem__(self, index: int) -> Row:
        first, last = self.pieces.rows[index : index + 2]
        row: Row = {
            name: np.zeros(self.length, np.int32)
            for name in ("tokens", "positions", "segments", "targets")
        }
        row["weights"] = np.zeros(self.length, np.float32)
        filled = 0
        for segment, piece in enumerate(range(first, last), 1):
            start, size = int(self.pieces.starts[piece]), int(self.pieces.sizes[piece])
            tokens = self.documents.between(start, start + size + 1)
            here = slice(filled, filled + size)
            row["tokens"][here], row["targets"][here] = tokens[:-1], tokens[1:]
            row["positions"][here], row["segments"][here] = np.arange(size), segment
            row["weights"][here] = self._weight(start)
            filled += size
        return row

    def _weight(self, place: int) -> float:
        """Return how much a document's tokens weigh, by the place of one of them."""
        if self.documents.weights is None:
            return 1.0
        number = int(np.searchsorted(self.documents.bounds, place, side="right")) - 1
        return float(self.documents.weights[number])


def pack(bounds: Array, length: int) -> Pieces:
    """Part documents into pieces of a row at most, and the pieces into rows, the same each time.

    The longest piece comes first, and lies in the fullest row that has room for it (best-fit
    decreasing).

    Args:
        bounds: Where each document starts, and the end of the last.
        length: How many tokens a row reads.
    """
    # A document's last token is a target only.
    reads = np.diff(bounds) - 1
    counts = -(-reads // length)
    owners = np.repeat(np.arange(len(reads)), counts)
    before = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    starts = bounds[:-1][owners] + before * length
    sizes = np.minimum(reads[owners] - before * length, length)
    order = np.argsort(-sizes, kind="stable")
    rows = np.empty(len(order), np.int64)
    rows[order] = fit(sizes[order].tolist(), length)
    by_row = np.argsort(rows, kind="stable")
    edges = np.searchsorted(rows[by_row], np.arange(rows.max(initial=-1) + 2))
    return Pieces(starts[by_row], sizes[by_row], edges)


def fit(sizes: list[int], length: int) -> list[int]:
    """Return which row each size goes to: the fullest with room for it, else a new one.

    Of several as full it is the first. Given from the largest on this is best-fit decreasing, which
    needs at most some 11/9 of the fewest possible rows (Johnson, 1973).
    """
    open_rows: list[list[int]] = [[] for _ in range(length + 1)]  # by the room that is left
    rooms = 0  # a bit for each room that some row has left
    found, rows = [], 0
    for size in sizes:
        fitting = rooms >> size
        if fitting:
            room = size + (fitting & -fitting).bit_length() - 1
            row = heappop(open_rows[room])
            if not open_rows[room]:
                rooms ^= 1 << room
        else:
            room, row, rows = length, rows, rows + 1
        found.append(row)
        if left := room - size:
            heappush(open_rows[left], row)
            rooms |= 1 << left
    return found
