"""Chat: turns to pieces in Gemma's form, for a model to answer or to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gemsieve.model.tokenizer import BOS, END_OF_TURN, START_OF_TURN, Tokenizer

# Gemma's name for each role, and OpenAI's word for the model.
_ROLES = {"user": "user", "model": "model", "assistant": "model"}


@dataclass(frozen=True)
class Turn:
    """Hold one turn: `user`, `model` (or `assistant`), or, before all others, `system`."""

    role: str
    text: str


def prompt(tokenizer: Tokenizer, turns: Sequence[Turn]) -> list[int]:
    """Return the pieces that the model continues with its answer to the last turn, a user's.

    Raises:
        ValueError: The turns are no such conversation, or the tokenizer has no marks of turns.
    """
    answered = _alternating(turns)
    if len(answered) % 2 == 0:
        raise ValueError("the last turn must be the user's, for the model to answer")
    pieces = [piece for part, _ in _parts(tokenizer, answered) for piece in part]
    return [*pieces, *_header(tokenizer, "model")]


def example(tokenizer: Tokenizer, turns: Sequence[Turn]) -> tuple[list[int], list[bool]]:
    """Return a conversation's pieces, and which of them are to be learned.

    Those are the words of the model's turns and the marks that end them.

    Raises:
        ValueError: As for `prompt`; but the last turn must be the model's.
    """
    answered = _alternating(turns)
    if len(answered) % 2:
        raise ValueError("the last turn must be the model's, for it to be learned")
    parts = list(_parts(tokenizer, answered))
    pieces = [piece for part, _ in parts for piece in part]
    return pieces, [learned for part, learned in parts for _ in part]


def marks(tokenizer: Tokenizer) -> tuple[int, int]:
    """Return the pieces that begin and end a turn.

    Raises:
        ValueError: The tokenizer has none.
    """
    if tokenizer.turns is None:
        raise ValueError(
            f"the tokenizer has no pieces {START_OF_TURN} and {END_OF_TURN}, which a chat is made"
            " of: use a model whose tokenizer has them"
        )
    return tokenizer.turns


def _alternating(turns: Sequence[Turn]) -> list[Turn]:
    """Return turns of `user` and `model` in alternation, the user's first.

    Gemma 2 knows no system role: what it says is put before the first user's words, as Google's
    guide to Gemma's prompts has it.
    """
    system = turns[0].text.strip() if turns and turns[0].role == "system" else ""
    rest = list(turns[1:] if turns and turns[0].role == "system" else turns)
    for number, turn in enumerate(rest):
        role = ("user", "model")[number % 2]
        if _ROLES.get(turn.role) != role:
            raise ValueError(
                f"turn {number + 1} is of role {turn.role!r}, not {role!r}: user and model must"
                " alternate, the user first, after at most one system turn"
            )
    if system and rest:
        rest[0] = Turn("user", f"{system}\n\n{rest[0].text.strip()}")
    if not rest:
        raise ValueError("there is no turn of the user's")
    return rest


def _parts(tokenizer: Tokenizer, turns: Sequence[Turn]) -> Iterator[tuple[list[int], bool]]:
    """Yield runs of pieces, and whether the model is to learn them.

    The words stand without white space around them, as in the template that comes with Gemma's
    weights; a mark of a turn written in them is text like any other.
    """
    _, end = marks(tokenizer)
    yield [BOS], False
    for turn in turns:
        role = _ROLES[turn.role]
        yield _header(tokenizer, role), False
        yield [*tokenizer.encode(turn.text.strip()), end], role == "model"
        yield tokenizer.encode("\n"), False


def _header(tokenizer: Tokenizer, role: str) -> list[int]:
    """Return the pieces that begin a turn."""
    return [marks(tokenizer)[0], *tokenizer.encode(f"{role}\n")]
