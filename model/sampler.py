"""Sampling: a prompt in, text out as it is written."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import cast

import jax
import jax.numpy as jnp
import numpy as np

from gemsieve.model.soft_cap import MASKED
from gemsieve.model.cache import Cache, empty_cache
from gemsieve.model.config import GemmaConfig
from gemsieve.model.streaming import detokenize
from gemsieve.model.tokenizer import BOS, EOS, PAD, UNK, Tokenizer
from gemsieve.model.transformer import Params, Transformer

_SMALLEST_BUCKET = 16


class PromptTooLong(ValueError):  # noqa: N818 - read at its place, it says what is wrong
    """The prompt leaves no room in the context for an answer."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Choice:
    """Say how to draw a token; arrays, so that other values compile nothing anew.

    Attributes:
        temperature: Scalar; 0 takes the likeliest token.
        top_k: Scalar; only the k likeliest are drawn from.
        top_p: Scalar; of those, only the fewest likeliest that hold this share (nucleus sampling,
            arXiv 1904.09751).
        allowed: [vocab_size], bool; no other token is ever drawn.
    """

    temperature: jax.Array
    top_k: jax.Array
    top_p: jax.Array
    allowed: jax.Array


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class State:
    """Hold what one step hands to the next.

    Attributes:
        cache: The tokens so far; its `length` is the position of the token to draw.
        logits: For the token to draw, [batch, vocab_size].
        key: The request's random key; each position folds itself in.
        choice: How to draw.
    """

    cache: Cache
    logits: jax.Array
    key: jax.Array
    choice: Choice


@dataclass(frozen=True, kw_only=True)
class Sampler:
    """Continue prompts with a model; calling it yields chunks of text as they are certain.

    The text ends at the model's `<eos>`, after `max_new_tokens`, or where the context of
    `config.max_length` tokens is full, whichever comes first. Equal samplers answer equal prompts
    equally.

    Attributes:
        params: The model's parameters.
        config: Its shape.
        tokenizer: Its tokenizer.
        temperature: Divides the logits; 0 takes the likeliest token always.
        top_k: Draw from the k likeliest tokens only; 0 for all.
        top_p: Draw from the fewest likeliest tokens that together have this probability.
        seed: Of the random numbers.
        max_new_tokens: The most tokens written.

    Raises:
        ValueError: A value is out of its range, or the tokenizer is larger than the model's
            vocabulary.
    """

    params: Params
    config: GemmaConfig
    tokenizer: Tokenizer
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0
    max_new_tokens: int = 128

    def __post_init__(self) -> None:
        if not 0.0 <= self.temperature < float("inf"):
            raise ValueError(f"temperature must be 0 or more, not {self.temperature}")
        if self.top_k < 0:
            raise ValueError(f"top_k must be 0 (all) or more, not {self.top_k}")
        if not 0.0 < self.top_p <= 1.0:
            raise ValueError(f"top_p must be above 0 and at most 1, not {self.top_p}")
        if self.max_new_tokens < 0:
            raise ValueError(f"max_new_tokens must be 0 or more, not {self.max_new_tokens}")
        if self.tokenizer.vocab_size > self.config.vocab_size:
            raise ValueError("the tokenizer has more pieces than the model's vocabulary")

    def __call__(self, prompt: str) -> Iterator[str]:
        """Yield the continuation of `prompt`, without the prompt.

        Raises:
            PromptTooLong: At once, when the prompt fills the context.
        """
        pieces = [BOS, *self.tokenizer.encode(prompt)]
        if len(pieces) >= self.config.max_length:
            raise PromptTooLong(
                f"the prompt has {len(pieces)} tokens; the context holds {self.config.max_length}"
                " and must leave room for one more: shorten the prompt"
            )
        return detokenize(self.tokenizer, self._write(pieces))

    def _write(self, prompt: list[int]) -> Iterator[int]:
        """Yield the tokens that follow a prompt, up to but without `<eos>`."""
        count = min(self.max_new_tokens, self.config.max_length - len(prompt))
        if not count:
            return
        state = start(self.params, self.config, prompt, jax.random.key(self.seed), self._choice())
        for left in reversed(range(count)):
            key = jax.random.fold_in(state.key, state.cache.length[0])
            token = draw(state.logits, key, state.choice)
            if int(token[0]) == EOS:
                return
            yield int(token[0])
            if left:
                state = decode(self.params, self.config, state, token)

    def _choice(self) -> Choice:
        """Return the settings as arrays; only pieces with a text, and `<eos>`, may be drawn."""
        allowed = np.arange(self.config.vocab_size) < self.tokenizer.vocab_size
        allowed[[PAD, BOS, UNK]] = False
        return Choice(
            temperature=jnp.float32(self.temperature),
            top_k=jnp.int32(self.top_k or self.config.vocab_size),
            top_p=jnp.float32(self.top_p),
            allowed=jnp.asarray(allowed),
        )


def bucket(length: int, limit: int) -> int:
    """Return the power of two a prompt is padded to, within `limit`: one compilation each."""
    return min(limit, max(_SMALLEST_BUCKET, 1 << (length - 1).bit_length()))


def start(
    params: Params, config: GemmaConfig, prompt: list[int], key: jax.Array, choice: Choice
) -> State:
    """Read one prompt into a fresh cache of `config.max_length` slots."""
    tokens = np.full((1, bucket(len(prompt), config.max_length)), PAD, np.int32)
    tokens[0, : len(prompt)] = prompt
    logits, cache = prefill(params, config, jnp.asarray(tokens), jnp.asarray([len(prompt)]))
    return State(cache, logits, key, choice)


@partial(jax.jit, static_argnames="config")
def prefill(
    params: Params, config: GemmaConfig, tokens: jax.Array, lengths: jax.Array
) -> tuple[jax.Array, Cache]:
    """Read prompts, [batch, bucket], padded on the right to their bucket.

    Returns:
        The logits after each prompt's last token, [batch, vocab_size], and the filled cache.
    """
    model = Transformer(config)
    segments = (jnp.arange(tokens.shape[1])[None] < lengths[:, None]).astype(jnp.int32)
    cache = empty_cache(config, tokens.shape[0], config.max_length, jnp.dtype(model.dtype))
    variables = {"params": params}
    x, filled = cast(
        "tuple[jax.Array, Cache]",
        model.apply(variables, tokens, None, segments, cache, method="features"),
    )
    last = jnp.take_along_axis(x, (lengths - 1)[:, None, None], axis=1)[:, 0]
    return cast("jax.Array", model.apply(variables, last, method="unembed")), filled


@partial(jax.jit, static_argnames="config", donate_argnames="state")
def decode(params: Params, config: GemmaConfig, state: State, token: jax.Array) -> State:
    """Read the tokens just drawn, [batch]; the old state's cache becomes the new one's."""
    logits, cache = cast(
        "tuple[jax.Array, Cache]",
        Transformer(config).apply(
            {"params": params}, token[:, None], state.cache.length[:, None], None, state.cache
        ),
    )
    return dataclasses.replace(state, cache=cache, logits=logits[:, 0])


@jax.jit
def draw(logits: jax.Array, key: jax.Array, choice: Choice) -> jax.Array:
    """Draw one token a row from logits [batch, vocab_size], as `choice` says."""
    logits = jnp.where(choice.allowed[None], logits, MASKED)
    order = jnp.argsort(logits, axis=-1, descending=True)
    ranked = jnp.take_along_axis(logits, order, axis=-1)
    ranked = ranked / jnp.where(choice.temperature > 0, choice.temperature, 1.0)
    likely = jnp.arange(logits.shape[-1])[None] < choice.top_k
    share = jax.nn.softmax(jnp.where(likely, ranked, MASKED), axis=-1)
    # The likeliest always stays; rounding must not cut the tail when nothing is to be cut.
    before = jnp.cumsum(share, axis=-1) - share
    nucleus = (before < choice.top_p) | (choice.top_p >= 1)
    drawn = jax.random.categorical(key, jnp.where(likely & nucleus, ranked, MASKED), axis=-1)
    rank = jnp.where(choice.temperature > 0, drawn, 0)
    return jnp.take_along_axis(order, rank[:, None], axis=-1)[:, 0]
