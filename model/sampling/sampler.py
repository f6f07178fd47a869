"""Sampling: a prompt in, text out as it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.sampling.draw import Drawing
from gemsieve.model.sampling.engine import Engine
from gemsieve.model.sampling.request import Request
from gemsieve.model.sampling.writing import Answer, drawable, texts
from gemsieve.model.tokenizer import BOS, Tokenizer


@dataclass(frozen=True, kw_only=True)
class Sampler:
    """Continue prompts with a model; calling it yields chunks of text as they are certain.

    The text ends at a piece that ends what a model writes, before a stop string, after
    `max_new_tokens`, or where the context of `config.max_length` tokens is full, whichever comes
    first. Equal samplers answer equal prompts equally.

    Attributes:
        params: The model's parameters.
        config: Its shape.
        tokenizer: Its tokenizer.
        drawing: How tokens are drawn.
        seed: Of the random numbers.
        max_new_tokens: The most tokens written.
        stop: Strings that end the text and are not part of it.

    Raises:
        ValueError: A value is out of its range, or the tokenizer is larger than the model's
            vocabulary.
    """

    params: Params
    config: GemmaConfig
    tokenizer: Tokenizer
    drawing: Drawing = field(default_factory=Drawing)
    seed: int = 0
    max_new_tokens: int = 128
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._request("")
        drawable(self.tokenizer, self.config.vocab_size)

    def __call__(self, prompt: str) -> Iterator[str]:
        """Yield the continuation of `prompt`, without the prompt.

        Raises:
            PromptTooLong: At once, when the prompt fills the context.
        """
        return self.again(prompt, 0)

    def again(self, prompt: str, attempt: int) -> Iterator[str]:
        """Yield another continuation: that of this attempt, which has a seed of its own."""
        stream = self._engine.submit(self._request(prompt, attempt))
        return texts(Answer(self.tokenizer, stream, self.stop))

    @cached_property
    def _engine(self) -> Engine:
        """The engine, of one row: a sampler writes one text at a time."""
        allowed = drawable(self.tokenizer, self.config.vocab_size)
        return Engine(params=self.params, config=self.config, rows=1, allowed=allowed)

    def _request(self, prompt: str, attempt: int = 0) -> Request:
        return Request(
            tokens=[BOS, *self.tokenizer.encode(prompt)],
            drawing=self.drawing,
            seed=(self.seed + attempt) % (1 << 32) if attempt else self.seed,
            max_new_tokens=self.max_new_tokens,
            ends=self.tokenizer.ends,
        )
