"""Chats to learn from: rows of messages, checked, to pieces of which the model's are learned."""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gemsieve.model.sampling.chat import Turn, example, marks
from gemsieve.model.tokenizer import Tokenizer
from gemsieve.model.training.data import Array, Row

ROLES = ("system", "user", "model", "assistant")

_ROWS_AT_ONCE = 256
# A file of another form is wrong in every row: so many are enough to see it.
_SHOWN = 10


class ExamplesError(Exception):
    """Rows are no chats to learn from; says which and why, without their words."""


@dataclass(frozen=True)
class Chats:
    """Hold chats as pieces.

    Attributes:
        pieces: Each chat's, integers.
        learned: Which of them the model is to learn, bool, in the same shapes.
        length: Tokens of a row of training, which every chat fits into.
    """

    pieces: Sequence[Array]
    learned: Sequence[Array]
    length: int

    def __len__(self) -> int:
        return len(self.pieces)


def read_rows(path: Path) -> Iterator[Any]:
    """Yield the rows of a `.jsonl` or `.parquet` file in order.

    Raises:
        ExamplesError: The file is of neither form; a line that is no JSON is named by its number.
    """
    if path.suffix == ".parquet":
        yield from _parquet(path)
    elif path.suffix == ".jsonl":
        yield from _jsonl(path)
    else:
        raise ExamplesError(f"{path}: chats are read from .jsonl or .parquet files")


def read_chats(rows: Iterable[Any], tokenizer: Tokenizer, length: int, name: str) -> Chats:
    """Return chats as pieces, all of them or none.

    Args:
        rows: Mappings with `messages`, a list of mappings with `role` (one of `ROLES`) and
            `content`: of `read_rows`, or a data set of the library `datasets`.
        tokenizer: One with marks of turns.
        length: Tokens of a row of training; a chat is never cut.
        name: What errors call the rows.

    Raises:
        ExamplesError: Rows cannot be learned from; names the first ten by number, from 1.
        ValueError: The tokenizer has no marks of turns.
    """
    marks(tokenizer)
    kind = np.uint16 if tokenizer.vocab_size <= 1 << 16 else np.uint32
    wrong: list[str] = []
    pieces_of: list[Array] = []
    learned_of: list[Array] = []
    for number, row in enumerate(rows, start=1):
        try:
            pieces, learned = example(tokenizer, _turns(row))
            # The last piece is a target only.
            if len(pieces) - 1 > length:
                raise ValueError(f"takes {len(pieces) - 1} tokens, and a row has {length}")
        except ValueError as error:
            wrong.append(f"row {number}: {error}")
        else:
            pieces_of.append(np.asarray(pieces, kind))
            learned_of.append(np.asarray(learned, np.bool_))
    if wrong:
        told = "\n".join(wrong[:_SHOWN])
        raise ExamplesError(f"{name}: {len(wrong)} rows cannot be learned from:\n{told}")
    if not pieces_of:
        raise ExamplesError(f"{name}: holds no chats")
    return Chats(pieces_of, learned_of, length)


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
    """Put several chats in a row: the longest first, each where the least room stays.

    This is best-fit decreasing, which needs at most some 11/9 of the fewest possible rows
    (Johnson, 1973).
    """
    plan: list[list[int]] = []
    room: list[tuple[int, int]] = []  # what is left in each row, and its number; sorted
    sizes = [len(pieces) - 1 for pieces in chats.pieces]
    for number in sorted(range(len(chats)), key=lambda chat: -sizes[chat]):
        at = bisect_left(room, (sizes[number], 0))
        left, row = room.pop(at) if at < len(room) else (chats.length, len(plan))
        if row == len(plan):
            plan.append([])
        plan[row].append(number)
        insort(room, (left - sizes[number], row))
    return ChatRows(chats, plan)


def apart(chats: Chats) -> ChatRows:
    """Put each chat in a row of its own, in order, as pairs of answers are compared."""
    return ChatRows(chats, [[number] for number in range(len(chats))])


def _turns(row: object) -> list[Turn]:
    """Return a row's turns, or raise ValueError naming the message and the key."""
    messages = row.get("messages") if isinstance(row, Mapping) else None
    if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
        raise ValueError("`messages` must be a list of one message or more")
    turns = []
    for number, message in enumerate(messages, start=1):
        found = message if isinstance(message, Mapping) else {}
        role, content = found.get("role"), found.get("content")
        if role not in ROLES:
            raise ValueError(f"message {number}: `role` must be one of {', '.join(ROLES)}")
        if not isinstance(content, str) or not content.strip():
            raise ValueError(f"message {number}: `content` must be a text, and not empty")
        turns.append(Turn(role, content))
    return turns


def _jsonl(path: Path) -> Iterator[Any]:
    """Yield what each line says."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield json.loads(line)
            except ValueError:
                # The cause would quote the line.
                raise ExamplesError(f"{path}: line {number} is no JSON in UTF-8") from None


def _parquet(path: Path) -> Iterator[Any]:
    """Yield rows with all columns, some hundred at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE):
                yield from batch.to_pylist()
    except pa.ArrowInvalid:
        raise ExamplesError(f"{path}: no Parquet file, or a damaged one") from None
