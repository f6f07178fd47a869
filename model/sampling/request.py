"""What the engine is asked for, and what it tells of each token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gemsieve.filters.readings import Reading
from gemsieve.model.sampling.draw import Drawing
from gemsieve.model.tokenizer import EOS

if TYPE_CHECKING:
    import jax

    from gemsieve.model.gemma.cache import Cache

# The most tokens that may end a text.
MOST_ENDS = 8


class PromptTooLong(ValueError):  # noqa: N818 - read at its place, it says what is wrong
    """The prompt leaves no room in the context for an answer."""


@dataclass(frozen=True)
class Prefix:
    """Hold tokens that were read once, for any number of requests that begin with them.

    Attributes:
        tokens: All of them.
        cache: A row that has read them.
        logits: After the last one, [1, vocab_size].
    """

    tokens: tuple[int, ...]
    cache: Cache
    logits: jax.Array


@dataclass(frozen=True, kw_only=True)
class Request:
    """Ask for the continuation of a prompt.

    Attributes:
        tokens: The prompt, `<bos>` and all; what follows the prefix, if there is one.
        drawing: How tokens are drawn.
        seed: Of the random numbers, 0 or more and below 2**32.
        max_new_tokens: The most tokens written.
        ends: The tokens that end the text and are not part of it.
        prefix: What was read before, by the same engine; None for nothing.

    Raises:
        ValueError: A value is out of its range, or there is no token to continue.
    """

    tokens: Sequence[int]
    drawing: Drawing = field(default_factory=Drawing)
    seed: int = 0
    max_new_tokens: int = 128
    ends: tuple[int, ...] = (EOS,)
    prefix: Prefix | None = None

    def __post_init__(self) -> None:
        if not self.whole:
            raise ValueError("a prompt needs a token, <bos> at least")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed must be 0 or more and below 2**32, not {self.seed}")
        if self.max_new_tokens < 0:
            raise ValueError(f"max_new_tokens must be 0 or more, not {self.max_new_tokens}")
        if len(self.ends) > MOST_ENDS:
            raise ValueError(f"ends must be at most {MOST_ENDS} tokens, not {len(self.ends)}")

    @property
    def whole(self) -> tuple[int, ...]:
        """Return the prompt with its prefix."""
        return (*(self.prefix.tokens if self.prefix else ()), *self.tokens)


@dataclass(frozen=True)
class Sampled:
    """Tell of one token what `Drawn` tells.

    Attributes:
        piece: The token.
        logprob: Its log probability, in nats, by the model.
        top: The likeliest tokens at its place and their log probabilities, likeliest first.
        reading: What the engine's head says once the model has read it; None without a head.
    """

    piece: int
    logprob: float
    top: tuple[tuple[int, float], ...] = ()
    reading: Reading | None = None
