"""The rows of a batch that is written at once: all that happens on the device between two tokens.

Every array has a row for each request, a request's numbers stand in its row alone, and the shapes
do not depend on how many rows are in use. So what a row yields depends on its request alone: on
its seed and on the positions of its tokens, not on its neighbours.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from gemsieve.model.gemma.cache import Cache, empty_cache, fitted
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.transformer import Params, Transformer, with_states
from gemsieve.model.sampling.draw import FAILED, Choice, Drawing, Drawn, choice_of, draw
from gemsieve.model.sampling.head import Arrays, logits_of
from gemsieve.model.sampling.request import MOST_ENDS, Prefix, Request


class Model(NamedTuple):
    """Name what is compiled.

    Attributes:
        config: The model's shape.
        dtype: The type of its activations and caches.
        stride: The most tokens drawn at a call of `advance`.
        alternatives: How many of the likeliest tokens are told at each place.
        layer: After which block a head reads; None without one.
        labels: Of the head.
    """

    config: GemmaConfig
    dtype: str = "float32"
    stride: int = 8
    alternatives: int = 0
    layer: int | None = None
    labels: int = 0

    def apply(
        self, params: Params, tokens: jax.Array, segments: jax.Array, cache: Cache
    ) -> tuple[jax.Array, Cache, Sequence[jax.Array]]:
        """Read the next tokens.

        Returns:
            Their features [rows, n, embed_dim], the next cache, and the residual stream before and
            after each block, [rows, n, embed_dim]; what is not used of it costs nothing.
        """
        places = cache.length[:, None] + jnp.arange(tokens.shape[1], dtype=jnp.int32)[None]
        model = Transformer(self.config, self.dtype)
        return with_states(model, params, tokens, places, segments, cache)

    def unembed(self, params: Params, x: jax.Array) -> jax.Array:
        """Return the logits of features, float32."""
        model = Transformer(self.config, self.dtype)
        return cast("jax.Array", model.apply({"params": params}, x, method="unembed"))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Rows:
    """Hold the state of each row.

    Attributes:
        cache: The tokens read so far.
        token: Drawn last and not yet read, [rows].
        left: How many more may be drawn, [rows]; 0 where a text has ended or none was begun.
        key: Of each request's random numbers, [rows]; the position of a token folds itself in.
        ends: The tokens that end a text, [rows, n]; -1 for none.
        seen: The tokens of prompt and text so far, [rows, vocab_size], bool.
        choice: How to draw; `allowed` has rows too.
    """

    cache: Cache
    token: jax.Array
    left: jax.Array
    key: jax.Array
    ends: jax.Array
    seen: jax.Array
    choice: Choice


class Steps(NamedTuple):
    """Tell what several steps drew.

    Attributes:
        drawn: Each array with the steps as its first axis.
        live: Which rows drew at each step, [steps, rows].
        read: What the head says after the token before, [steps, rows, labels], float32.
    """

    drawn: Drawn
    live: jax.Array
    read: jax.Array


def least_rows(platform: str) -> int:
    """Return the rows from which on a platform reads weights at its best.

    For GPUs XLA turns products of a single row into sums, some of whose terms it writes to memory:
    a token then takes nearly twice as long as with more rows (bench/NOTES.md).
    """
    return 2 if platform == "gpu" else 1


def empty_rows(model: Model, count: int, slots: int) -> Rows:
    """Return rows in which nothing is written, with room for `slots` tokens each."""
    width = model.config.vocab_size
    return Rows(
        cache=empty_cache(model.config, count, slots, model.dtype),
        token=jnp.zeros(count, jnp.int32),
        left=jnp.zeros(count, jnp.int32),
        key=jax.random.split(jax.random.key(0), count),
        ends=jnp.full((count, MOST_ENDS), -1, jnp.int32),
        seen=jnp.zeros((count, width), bool),
        choice=choice_of([Drawing(temperature=0.0)] * count, np.ones((count, width), bool)),
    )


def row_of(prompt: Prefix, request: Request, left: int, allowed: npt.NDArray[np.bool_]) -> Rows:
    """Return a single row that has read its prompt, and is to draw up to `left` tokens."""
    seen = np.zeros((1, allowed.size), bool)
    seen[0, list(prompt.tokens)] = True
    ends = [*request.ends, *[-1] * (MOST_ENDS - len(request.ends))]
    return Rows(
        cache=prompt.cache,
        token=jnp.zeros(1, jnp.int32),
        left=jnp.full(1, left, jnp.int32),
        key=jax.random.key(request.seed)[None],
        ends=jnp.asarray([ends], jnp.int32),
        seen=jnp.asarray(seen),
        choice=choice_of([request.drawing], allowed[None]),
    )


@partial(jax.jit, static_argnames="model", donate_argnames="cache")
def read(
    params: Params, model: Model, cache: Cache | None, tokens: jax.Array, count: jax.Array
) -> tuple[jax.Array, Cache]:
    """Read the first `count` of tokens [1, n], the rest being padding, into a cache of one row.

    Without a cache they go to a fresh one of `n` slots.

    Returns:
        The logits after the last of them, [1, vocab_size], and the next cache.
    """
    if cache is None:
        cache = empty_cache(model.config, 1, tokens.shape[1], model.dtype)
    segments = (jnp.arange(tokens.shape[1])[None] < count).astype(jnp.int32)
    x, cache, _ = model.apply(params, tokens, segments, cache)
    last = jax.lax.dynamic_index_in_dim(x, count - 1, axis=1, keepdims=False)
    return model.unembed(params, last), cache


@partial(jax.jit, static_argnames="model")
def begin(model: Model, row: Rows, logits: jax.Array) -> tuple[Rows, Steps]:
    """Draw the first token of a single row whose prompt is read."""
    live = row.left > 0
    row, drawn = _drawn(model, row, logits)
    unread = jnp.zeros((1, model.labels), jnp.float32)  # no token is before the first
    return row, jax.tree.map(lambda x: x[None], Steps(drawn, live, unread))


@partial(jax.jit, donate_argnames="rows")
def join(rows: Rows, row: Rows, index: jax.Array) -> Rows:
    """Put a single row in the place of another, of which nothing stays."""
    row = dataclasses.replace(row, cache=fitted(row.cache, rows.cache))
    joined: Rows = jax.tree.map(lambda all_, one: all_.at[index].set(one[0]), rows, row)
    return joined


@partial(jax.jit, static_argnames=("model", "slots"))
def grown(cache: Cache, model: Model, slots: int) -> Cache:
    """Return a copy of a cache with room for `slots` tokens a row."""
    rows = cache.length.shape[0]
    larger = jax.eval_shape(lambda: empty_cache(model.config, rows, slots, model.dtype))
    return fitted(cache, larger)


@partial(jax.jit, static_argnames="model", donate_argnames="rows")
def advance(
    params: Params, model: Model, rows: Rows, count: jax.Array, head: Arrays | None = None
) -> tuple[Rows, Steps]:
    """Read each row's last token and draw the next, `count` times, at most `model.stride`.

    Ends early when no row may go on. A head is given if the model has its layer.
    """

    def more(carry: tuple[jax.Array, Rows, Steps]) -> jax.Array:
        return (carry[0] < count) & jnp.any(carry[1].left > 0)

    def step(carry: tuple[jax.Array, Rows, Steps]) -> tuple[jax.Array, Rows, Steps]:
        index, rows, steps = carry
        live = rows.left > 0
        segments = live[:, None].astype(jnp.int32)
        x, cache, hidden = model.apply(params, rows.token[:, None], segments, rows.cache)
        logits = model.unembed(params, x[:, 0])
        said = _said(model, head, hidden)
        rows, drawn = _drawn(model, dataclasses.replace(rows, cache=cache), logits)
        return index + 1, rows, _noted(steps, index, Steps(drawn, live, said))

    start = (jnp.int32(0), rows, _no_steps(model, rows.token.shape[0]))
    _, rows, steps = jax.lax.while_loop(more, step, start)
    return rows, steps


def _said(model: Model, head: Arrays | None, hidden: Sequence[jax.Array]) -> jax.Array:
    """Return what a head says of states [rows, 1, embed_dim]: [rows, labels], float32."""
    if head is None or model.layer is None:
        return jnp.zeros((hidden[0].shape[0], 0), jnp.float32)
    return logits_of(head, hidden[model.layer][:, 0])


def _no_steps(model: Model, rows: int) -> Steps:
    """Return room for the steps of one call, none of them taken."""
    shape, likeliest = (model.stride, rows), (model.stride, rows, model.alternatives)
    drawn = Drawn(
        jnp.zeros(shape, jnp.int32),
        jnp.zeros(shape, jnp.float32),
        jnp.zeros(likeliest, jnp.int32),
        jnp.zeros(likeliest, jnp.float32),
    )
    read = jnp.zeros((model.stride, rows, model.labels), jnp.float32)
    return Steps(drawn, jnp.zeros(shape, bool), read)


def _noted(steps: Steps, index: jax.Array, step: Steps) -> Steps:
    """Return the steps with one more."""
    noted: Steps = jax.tree.map(lambda all_, one: all_.at[index].set(one), steps, step)
    return noted


def _drawn(model: Model, rows: Rows, logits: jax.Array) -> tuple[Rows, Drawn]:
    """Draw a token for each row that may go on, from logits [rows, vocab_size]."""
    live = rows.left > 0
    keys = jax.vmap(jax.random.fold_in)(rows.key, rows.cache.length)
    # Rows at rest take the likeliest, so that they do not make the others' drawing dearer.
    temperature = jnp.where(live, rows.choice.temperature, 0.0)
    choice = dataclasses.replace(rows.choice, temperature=temperature)
    drawn = draw(logits, keys, choice, rows.seen, model.alternatives)
    token = jnp.maximum(drawn.token, 0)
    ended = jnp.any(token[:, None] == rows.ends, axis=1) | (drawn.token == FAILED)
    left = jnp.where(live & ~ended, rows.left - 1, 0)
    seen = rows.seen.at[jnp.arange(token.shape[0]), token].set(True)
    return dataclasses.replace(rows, token=token, left=left, seen=seen), drawn
