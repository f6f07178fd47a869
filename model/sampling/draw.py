"""Drawing: from logits to tokens, exactly, without sorting the vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

# The token of a row from which none can be drawn; whoever reads tokens must make it an error.
FAILED = -1

# Divides instead of a temperature of 0, whose rows take the likeliest token anyway.
_COLDEST = 1e-30
_INFINITY = np.float32(np.inf).view(np.int32)  # non-negative floats sort as their bits do


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Say how one request draws its tokens; the cuts work in this order, as in transformers.

    Attributes:
        repetition_penalty: Makes tokens that were seen less likely: their logits are divided by it
            where positive, else multiplied (CTRL, arXiv 1909.05858, section 4.1); 1 for none.
        temperature: Divides the logits; 0 takes the likeliest token always.
        top_k: Only the k likeliest tokens, and those as likely as the last of them; 0 for all
            (arXiv 1805.04833, section 5.4).
        top_p: Of those, the fewest likeliest that together have this probability, and those as
            likely as the last of them (nucleus sampling, arXiv 1904.09751, section 3.1).
        min_p: Of those, the ones at least this many times as likely as the likeliest (arXiv
            2407.01082, section 3).

    Raises:
        ValueError: A value is out of its range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.temperature < float("inf"):
            raise ValueError(f"temperature must be 0 or more, not {self.temperature}")
        if not 0 <= self.top_k < 2**31:
            raise ValueError(f"top_k must be 0 (all) or more, not {self.top_k}")
        if not 0.0 < self.top_p <= 1.0:
            raise ValueError(f"top_p must be above 0 and at most 1, not {self.top_p}")
        if not 0.0 <= self.min_p <= 1.0:
            raise ValueError(f"min_p must be from 0 to 1, not {self.min_p}")
        if not 0.0 < self.repetition_penalty < float("inf"):
            raise ValueError(f"repetition_penalty must be above 0, not {self.repetition_penalty}")


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Choice:
    """Hold the `Drawing` of each row, [rows], as arrays, so that other values compile nothing anew.

    Attributes:
        allowed: [vocab_size] or [rows, vocab_size], bool; no other token is ever drawn.
    """

    temperature: jax.Array
    top_k: jax.Array
    top_p: jax.Array
    min_p: jax.Array
    repetition_penalty: jax.Array
    allowed: jax.Array


class Drawn(NamedTuple):
    """Tell what was drawn.

    Log probabilities are the model's own, in nats over its whole vocabulary: neither temperature
    nor penalty nor cut changes them, so they compare with a likelihood measured elsewhere.

    Attributes:
        token: [rows], int32; `FAILED` where the logits hold a NaN or a positive infinity, or give
            no allowed token a probability.
        logprob: Of that token, [rows], float32; NaN where the row failed.
        top_tokens: The likeliest allowed tokens, [rows, n], likeliest first.
        top_logprobs: Of those, [rows, n].
    """

    token: jax.Array
    logprob: jax.Array
    top_tokens: jax.Array
    top_logprobs: jax.Array


def choice_of(drawings: Sequence[Drawing], allowed: jax.Array | np.ndarray) -> Choice:
    """Return the settings of rows as arrays."""
    return Choice(
        temperature=jnp.asarray([row.temperature for row in drawings], jnp.float32),
        top_k=jnp.asarray([row.top_k for row in drawings], jnp.int32),
        top_p=jnp.asarray([row.top_p for row in drawings], jnp.float32),
        min_p=jnp.asarray([row.min_p for row in drawings], jnp.float32),
        repetition_penalty=jnp.asarray([row.repetition_penalty for row in drawings], jnp.float32),
        allowed=jnp.asarray(allowed, bool),
    )


@partial(jax.jit, static_argnames="alternatives")
def draw(
    logits: jax.Array, keys: jax.Array, choice: Choice, seen: jax.Array, alternatives: int = 0
) -> Drawn:
    """Draw one token a row; a row's token depends on nothing outside its row.

    Args:
        logits: [rows, vocab_size], of any float type.
        keys: A random key a row, [rows], used for nothing else.
        choice: How to draw.
        seen: [rows, vocab_size], bool: the tokens that the repetition penalty makes less likely.
        alternatives: How many of the likeliest tokens to tell.
    """
    logits = logits.astype(jnp.float32)
    total = jax.nn.logsumexp(logits, axis=-1, keepdims=True)
    possible = jnp.where(choice.allowed, logits, -jnp.inf)
    penalised = _penalised(possible, choice.repetition_penalty, seen)
    token = jax.lax.cond(
        jnp.any(choice.temperature > 0),
        lambda: jax.vmap(jax.random.categorical)(keys, cut(penalised, choice)),
        lambda: jnp.argmax(penalised, axis=-1),
    )
    failed = ~jnp.isfinite(total[:, 0]) | ~jnp.isfinite(possible.max(axis=-1))
    logprob = (jnp.take_along_axis(logits, token[:, None], axis=-1) - total)[:, 0]
    top, top_tokens = jax.lax.top_k(possible, alternatives)
    return Drawn(
        jnp.where(failed, FAILED, token),
        jnp.where(failed, jnp.nan, logprob),
        top_tokens,
        top - total,
    )


def _penalised(logits: jax.Array, penalty: jax.Array, seen: jax.Array) -> jax.Array:
    """Return logits with those of seen tokens lowered."""
    penalty = penalty[:, None]
    lowered = jnp.where(logits > 0, logits / penalty, logits * penalty)
    return jnp.where(seen, lowered, logits)


def cut(logits: jax.Array, choice: Choice) -> jax.Array:
    """Return the logarithms, up to a constant, of what each token is drawn in proportion to.

    At temperature 0 that is the likeliest token alone.
    """
    distance = (logits.max(axis=-1, keepdims=True) - logits) / jnp.maximum(
        choice.temperature[:, None], _COLDEST
    )
    kept = jnp.where(distance <= _reach(distance, choice)[:, None], -distance, -jnp.inf)
    greedy = jnp.arange(logits.shape[-1]) == jnp.argmax(logits, axis=-1, keepdims=True)
    return jnp.where((choice.temperature > 0)[:, None] | greedy, kept, -jnp.inf)


def _reach(distance: jax.Array, choice: Choice) -> jax.Array:
    """Return how far below the likeliest token, in nats, a token may lie and be drawn, [rows]."""
    top_k = jnp.where(choice.top_k > 0, choice.top_k.astype(jnp.float32), jnp.inf)
    possible = jnp.isfinite(distance).astype(jnp.float32)
    first = _within(distance, possible, top_k)
    share = jnp.where(distance <= first[:, None], jnp.exp(-distance), 0.0)
    # Rounding must not cut the tail where nothing is to be cut.
    mass = jnp.where(choice.top_p < 1, choice.top_p * share.sum(axis=-1), jnp.inf)
    nucleus = _within(distance, share, mass)
    return jnp.minimum(jnp.minimum(first, nucleus), -jnp.log(choice.min_p))


def _within(distance: jax.Array, weight: jax.Array, target: jax.Array) -> jax.Array:
    """Return the least distance within which a row's weights reach its target, [rows].

    Infinity where they never do. Found by bisection over the bits of the distance, 31 sums, which
    is exact: rounded sums of non-negative weights never fall as more are added. Nothing is summed
    where every target is infinite.
    """
    bits = jax.lax.bitcast_convert_type(distance, jnp.int32)

    def halve(_: int, bounds: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        low, high = bounds
        middle = low + (high - low) // 2
        enough = jnp.where(bits <= middle[:, None], weight, 0.0).sum(axis=-1) >= target
        return jnp.where(enough, low, middle + 1), jnp.where(enough, middle, high)

    everything = jnp.full(target.shape, _INFINITY, jnp.int32)
    high = jax.lax.cond(
        jnp.any(jnp.isfinite(target)),
        lambda: jax.lax.fori_loop(0, 31, halve, (jnp.zeros_like(everything), everything))[1],
        lambda: everything,
    )
    least: jax.Array = jax.lax.bitcast_convert_type(high, jnp.float32)
    return least
