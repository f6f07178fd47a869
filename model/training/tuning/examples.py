"""Chats to learn from: rows of messages, checked, to pieces of which the model's are learned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np

from gemsieve.model.sampling.chat import Turn, example, marks
from gemsieve.model.tokenizer import Tokenizer
from gemsieve.model.training.data.rows import Array, token_type
from gemsieve.model.training.tuning.written import read_messages

ROLES = ("system", "user", "model", "assistant")

# A file of another form is wrong in every row: so many are enough to see it.
_SHOWN = 10

_T = TypeVar("_T")


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

    def take(self, numbers: Iterable[int]) -> Chats:
        """Return the chats of these numbers, in this order."""
        pairs = [(self.pieces[number], self.learned[number]) for number in numbers]
        return Chats([one for one, _ in pairs], [other for _, other in pairs], self.length)

    def split(self, held_out_every: int) -> tuple[Chats, Chats]:
        """Return chats to train on, and every n-th one, held out.

        Raises:
            ValueError: There are fewer than `held_out_every`, so none would be held out.
        """
        if len(self) < held_out_every:
            raise ValueError(
                f"{len(self)} rows are too few to hold out every {held_out_every}th: give more or"
                " lower data.held_out_every"
            )
        last = held_out_every - 1
        training = [number for number in range(len(self)) if number % held_out_every != last]
        return self.take(training), self.take(range(last, len(self), held_out_every))


def read_chats(rows: Iterable[Any], tokenizer: Tokenizer, length: int, name: str) -> Chats:
    """Return chats as pieces, all of them or none.

    Args:
        rows: Mappings with `messages`, a list of mappings with `role` (one of `ROLES`) and
            `content`: of `row_files`, or a data set of the library `datasets`. Or with such a list
            as a text (`written`), in `messages` or in `text`.
        tokenizer: One with marks of turns.
        length: Tokens of a row of training; a chat is never cut.
        name: What errors call the rows.

    Raises:
        ExamplesError: Rows cannot be learned from; names the first ten by number, from 1.
        ValueError: The tokenizer has no marks of turns.
    """
    reader = _Reader(tokenizer, length)
    found = _all(rows, lambda row: reader.chat(row, _key(row)), name)
    return reader.joined(found)


def read_pairs(
    rows: Iterable[Any], tokenizer: Tokenizer, length: int, name: str
) -> tuple[Chats, Chats]:
    """Return chats that end in a chosen answer, and as many that end in the rejected one.

    Arguments and errors are those of `read_chats`, but for `rows`: mappings with `chosen` and
    `rejected`, two lists of messages that differ in the last alone.
    """
    reader = _Reader(tokenizer, length)

    def pair(row: object) -> tuple[_Chat, _Chat]:
        chosen, rejected = (_turns(row, key) for key in ("chosen", "rejected"))
        if chosen[:-1] != rejected[:-1] or chosen == rejected:
            raise ValueError("`chosen` and `rejected` must differ in their last message alone")
        return reader.chat(row, "chosen"), reader.chat(row, "rejected")

    found = _all(rows, pair, name)
    return reader.joined([one for one, _ in found]), reader.joined([other for _, other in found])


class _Chat(NamedTuple):
    """One chat's pieces, and which of them are learned."""

    pieces: Array
    learned: Array


class _Reader:
    """Turn checked rows into pieces."""

    def __init__(self, tokenizer: Tokenizer, length: int) -> None:
        marks(tokenizer)
        self._tokenizer = tokenizer
        self._length = length
        self._kind = token_type(tokenizer.vocab_size)

    def chat(self, row: object, key: str) -> _Chat:
        """Return the chat under a row's key, or raise ValueError saying what is wrong."""
        turns = _turns(row, key)
        try:
            pieces, learned = example(self._tokenizer, turns)
        except ValueError as error:
            raise ValueError(f"`{key}`: {error}") from None
        # The last piece is a target only.
        if len(pieces) - 1 > self._length:
            raise ValueError(
                f"`{key}`: takes {len(pieces) - 1} tokens, and a row has {self._length}"
            )
        return _Chat(np.asarray(pieces, self._kind), np.asarray(learned, np.bool_))

    def joined(self, chats: Sequence[_Chat]) -> Chats:
        """Return chats that were read."""
        return Chats(
            [chat.pieces for chat in chats], [chat.learned for chat in chats], self._length
        )


def _all(rows: Iterable[Any], read: Callable[[object], _T], name: str) -> list[_T]:
    """Return what each row gives; where `read` raises ValueError for any, name those instead."""
    done: list[_T] = []
    wrong: list[str] = []
    for number, row in enumerate(rows, start=1):
        try:
            done.append(read(row))
        except ValueError as error:
            wrong.append(f"row {number}: {error}")
    if wrong:
        told = "\n".join(wrong[:_SHOWN])
        raise ExamplesError(f"{name}: {len(wrong)} rows cannot be learned from:\n{told}")
    if not done:
        raise ExamplesError(f"{name}: holds no chats")
    return done


def _key(row: object) -> str:
    """Return where a row's messages are."""
    written = isinstance(row, Mapping) and row.get("messages") is None and "text" in row
    return "text" if written else "messages"


def _turns(row: object, key: str) -> list[Turn]:
    """Return a row's turns, or raise ValueError naming the key and the message."""
    messages = row.get(key) if isinstance(row, Mapping) else None
    if isinstance(messages, str):
        try:
            messages = read_messages(messages)
        except ValueError as error:
            raise ValueError(f"`{key}`: {error}") from None
    if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
        raise ValueError(f"`{key}` must be a list of one message or more")
    turns = []
    for number, message in enumerate(messages, start=1):
        found = message if isinstance(message, Mapping) else {}
        role, content = found.get("role"), found.get("content")
        if role not in ROLES:
            raise ValueError(f"`{key}`, message {number}: role must be one of {', '.join(ROLES)}")
        if not isinstance(content, str) or not content.strip():
            raise ValueError(f"`{key}`, message {number}: content must be a text, and not empty")
        turns.append(Turn(role, content))
    return turns
