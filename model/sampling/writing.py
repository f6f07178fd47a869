"""Writing: an answer's tokens to chunks of text, up to a stop string, each with its tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
import numpy.typing as npt

from gemsieve.filters.readings import Reading
from gemsieve.model.sampling.request import Sampled
from gemsieve.model.sampling.stop import Stop
from gemsieve.model.sampling.stream import Stream
from gemsieve.model.sampling.streaming import Detokenizer
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
        reading: What a head on the model says of it, if one reads along.
    """

    piece: int
    text: str
    data: bytes
    logprob: float
    top: tuple[Token, ...] = ()
    reading: Reading | None = None


@dataclass(frozen=True)
class Chunk:
    """Hold a piece of an answer, and the tokens whose first character is in it.

    Attributes:
        spans: The characters of the answer that each token has a part in, from its beginning: of a
            token that has none an empty span. A stop string may have cut off the last ones.
    """

    text: str
    tokens: tuple[Token, ...]
    spans: tuple[tuple[int, int], ...]


class Writing:
    """Turn the tokens of one answer into chunks as they come, up to a stop string.

    Raises:
        ValueError: A stop string is empty.
    """

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str] = ()) -> None:
        self._tokenizer = tokenizer
        self._detokenizer = Detokenizer(tokenizer)
        self._stop = Stop(stop)
        # Tokens not yet told, with the characters of the answer that they have a part in.
        self._waiting: list[tuple[Token, tuple[int, int]]] = []
        # Those after them whose characters are not certain yet, bytes of one that is not whole, and
        # where their characters begin.
        self._uncertain: list[Token] = []
        self._certain = 0
        self._decoded = self._released = 0

    @property
    def stopped(self) -> bool:
        """Tell whether a stop string was met: what follows is not of the answer."""
        return self._stop.found

    def feed(self, sampled: Sampled) -> Chunk:
        """Return what may leave, now that this token follows."""
        token = described(self._tokenizer, sampled)
        text = self._detokenizer.feed(sampled.piece)
        self._decoded += len(text)
        if self._detokenizer.waiting or self._tokenizer.byte(sampled.piece) is not None:
            self._uncertain.append(token)
            if text or not self._detokenizer.waiting:
                self._settle(self._decoded, but=int(self._detokenizer.waiting))
        else:
            self._settle(self._decoded - len(token.data.decode()))
            self._waiting.append((token, (self._certain, self._decoded)))
            self._certain = self._decoded
        return self._chunk(self._stop.feed(text))

    def _settle(self, end: int, but: int = 0) -> None:
        """Note that what was uncertain has become the characters up to a place, all of it.

        `but` the last one, where it is the byte that ended others and may begin a character.
        """
        settled = self._uncertain[: len(self._uncertain) - but]
        self._waiting += [(token, (self._certain, end)) for token in settled]
        self._uncertain, self._certain = self._uncertain[len(settled) :], end

    def finish(self) -> Chunk:
        """Return what waited, now that the answer is over; empty where a stop string ended it."""
        last = self._detokenizer.finish()
        self._decoded += len(last)
        self._settle(self._decoded)
        text = self._stop.feed(last) + self._stop.finish()
        return self._chunk(text, silent=not self.stopped)

    def _chunk(self, text: str, *, silent: bool = False) -> Chunk:
        """Return a chunk of this text; with `silent`, tokens without a character in it as well."""
        self._released += len(text)
        told = sum(silent or start < self._released for _, (start, _) in self._waiting)
        known, self._waiting = self._waiting[:told], self._waiting[told:]
        return Chunk(text, tuple(token for token, _ in known), tuple(span for _, span in known))


def described(tokenizer: Tokenizer, sampled: Sampled) -> Token:
    """Tell what a drawn token, and those told beside it, stand for."""
    data = tokenizer.data(sampled.piece)
    text = data.decode(errors="backslashreplace") if data else tokenizer.name(sampled.piece)
    top = tuple(described(tokenizer, Sampled(*likely)) for likely in sampled.top)
    return Token(sampled.piece, text, data, sampled.logprob, top, sampled.reading)


@final
class Answer(Iterator[Chunk]):
    """Yield one answer while it is written, and tell afterwards how it ended."""

    def __init__(self, tokenizer: Tokenizer, stream: Stream, stop: Sequence[str] = ()) -> None:
        self._writing = Writing(tokenizer, stop)
        self._stream = stream
        self._over = False

    def __iter__(self) -> Answer:
        return self

    def __next__(self) -> Chunk:
        """Return the next chunk; its text is not empty, but for tokens that have none.

        Raises:
            FloatingPointError: The model's logits are not finite.
        """
        while not self._over:
            sampled = next(self._stream, None)
            chunk = self._writing.feed(sampled) if sampled else self._writing.finish()
            self._over = sampled is None or self._writing.stopped
            if self._writing.stopped:
                self._stream.close()
            if chunk.text or chunk.tokens:
                return chunk
        raise StopIteration

    @property
    def finish_reason(self) -> Literal["stop", "length", "failed"] | None:
        """How the answer ended, in OpenAI's words; None until it has."""
        if self._writing.stopped:
            return "stop"
        return self._stream.finish_reason if self._over else None

    def close(self) -> None:
        """Stop writing."""
        self._over = True
        self._stream.close()


def texts(answer: Answer, tokens: list[Token] | None = None) -> Iterator[str]:
    """Yield an answer's text, note its tokens, and end the answer with the reading."""
    try:
        for chunk in answer:
            if tokens is not None:
                tokens += chunk.tokens
            if chunk.text:
                yield chunk.text
    finally:
        answer.close()


def drawable(tokenizer: Tokenizer, vocab_size: int) -> npt.NDArray[np.bool_]:
    """Return which of a model's tokens may be written: those with a text, and ends.

    Raises:
        ValueError: The tokenizer is larger than the model's vocabulary.
    """
    if tokenizer.vocab_size > vocab_size:
        raise ValueError("the tokenizer has more pieces than the model's vocabulary")
    allowed = np.arange(vocab_size) < tokenizer.vocab_size
    allowed[list(tokenizer.special)] = False
    allowed[list(tokenizer.ends)] = True
    return allowed
