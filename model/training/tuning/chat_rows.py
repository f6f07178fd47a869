"""Chats to rows of a fixed length: whole, each a segment of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gemsieve.model.training.data.packing import fit
from gemsieve.model.training.data.rows import Row
from gemsieve.model.training.tuning.examples import Chats


@dataclass(frozen=True)
class ChatRows:
    """Rows of a fixed length that hold whole chats; a random-access source for grain.

    Each row has the columns of `data.Rows`: every chat is a segment of its own with positions
    from 0, and `weights` are 1 where the target is to be learned, else 0.

    Attributes:
        chats: What the rows hold.
        plan: The numbers of the chats in each row.
    """

    chats: Chats
    plan: Sequence[Sequence[int]]

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, index: int) -> Row:
        row: Row = {
            name: np.zeros(self.chats.length, np.float32 if name == "weights" else np.int32)
            for name in ("tokens", "positions", "segments", "targets", "weights")
        }
        start = 0
        for segment, number in enumerate(self.plan[index], start=1):
            pieces, learned = self.chats.pieces[number], self.chats.learned[number]
            place = slice(start, start + len(pieces) - 1)
            row["tokens"][place] = pieces[:-1]
            row["positions"][place] = np.arange(len(pieces) - 1)
            row["segments"][place] = segment
            row["targets"][place] = pieces[1:]
            row["weights"][place] = learned[1:]
            start = place.stop
        return row


def packed(chats: Chats) -> ChatRows:
    """Put several chats in a row: the longest first, each where the least room stays."""
    sizes = [len(pieces) - 1 for pieces in chats.pieces]
    order = sorted(range(len(chats)), key=lambda chat: -sizes[chat])
    rows = fit([sizes[number] for number in order], chats.length)
    plan: list[list[int]] = [[] for _ in range(max(rows, default=-1) + 1)]
    for number, row in zip(order, rows, strict=True):
        plan[row].append(number)
    return ChatRows(chats, plan)


def apart(chats: Chats) -> ChatRows:
    """Put each chat in a row of its own, in order, as pairs of answers are compared."""
    return ChatRows(chats, [[number] for number in range(len(chats))])


@dataclass(frozen=True)
class PairRows:
    """Rows of two chats each, one that ends in a chosen answer and one in the rejected one.

    Each row has the columns of `ChatRows`, [2, length] each, but for two: `learned` are the
    weights of the targets, and `weights` is 1, a number: pairs are what a loss is a mean over.

    Attributes:
        chosen: Chats, each alone in its row.
        rejected: As many, in the same order.
    """

    chosen: ChatRows
    rejected: ChatRows

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, index: int) -> Row:
        both = (self.chosen[index], self.rejected[index])
        row = {name: np.stack([side[name] for side in both]) for name in both[0]}
        return row | {"learned": row["weights"], "weights": np.ones((), np.float32)}
