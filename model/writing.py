"""Writing: an answer's tokens to chunks of text, up to a stop string, each with its tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gemsieve.model.stop import Stop
from gemsieve.model.streaming import Detokenizer
from gemsieve.model.tokenizer import Tokenizer


@dataclass(frozen=True)
class Token:
    r"""Tell of one token what OpenAI's `logprobs` tell.

    Attributes:
        piece: Its number.
        text: What it stands for; a byte that is no character alone as `\xe2`, a control piece by
            its name.
        data: The bytes it adds to the answer.
        logprob: Its log probability, in nats, by the model (`Drawn.logprob`).
        top: The likeliest tokens at its place, likeliest first; theirs are empty.
    """

    piece: int
    text: str
    data: bytes
    logprob: float
    top: tuple[Token, ...] = ()


@dataclass(frozen=True)
class Chunk:
    """Hold a piece of an answer, and the tokens whose first character is in it."""

    text: str
    tokens: tuple[Token, ...]


class Writing:
    """Turn the tokens of one answer into chunks as they come.

    Attributes:
        stopped: Whether a stop string was met: what follows is not of the answer.

    Raises:
        ValueError: A stop string is empty.
    """

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str] = ()) -> None:
        self._detokenizer = Detokenizer(tokenizer)
        self._stop = Stop(stop)
        # Tokens not yet told, and the character of the answer each begins at.
        self._waiting: list[tuple[Token, int]] = []
        self._decoded = self._released = 0

    @property
    def stopped(self) -> bool:  # noqa: D102 - told above
        return self._stop.found

    def feed(self, token: Token) -> Chunk:
        """Return what may leave, now that this token follows."""
        self._waiting.append((token, self._decoded))
        text = self._detokenizer.feed(token.piece)
        self._decoded += len(text)
        return self._chunk(self._stop.feed(text))

    def finish(self) -> Chunk:
        """Return what waited, now that the answer is over; empty where a stop string ended it."""
        text = self._stop.feed(self._detokenizer.finish()) + self._stop.finish()
        last = self._chunk(text)
        silent = () if self.stopped else tuple(token for token, _ in self._waiting)
        self._waiting = []
        return Chunk(last.text, last.tokens + silent)

    def _chunk(self, text: str) -> Chunk:
        self._released += len(text)
        told = sum(start < self._released for _, start in self._waiting)
        tokens, self._waiting = self._waiting[:told], self._waiting[told:]
        return Chunk(text, tuple(token for token, _ in tokens))


def describe(
    tokenizer: Tokenizer, piece: int, logprob: float, top: Iterable[tuple[int, float]] = ()
) -> Token:
    """Describe a drawn token; `top` holds the likeliest ones and their log probabilities."""
    data = tokenizer.data(piece)
    text = data.decode(errors="backslashreplace") if data else tokenizer.name(piece)
    return Token(piece, text, data, logprob, tuple(describe(tokenizer, *one) for one in top))
