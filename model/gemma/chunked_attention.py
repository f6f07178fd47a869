"""Attention whose memory grows with the length of a row, not with its square.

Logits exist for one block of queries against one block of keys at a time. The softmax is put
together from block to block by its running maximum and sum (arXiv 2112.05682); the backward pass
makes each block's logits again from the saved log of that sum (FlashAttention, arXiv 2205.14135).

Blocks that no query can see are never visited. That is decided by places in the row alone. The
tokens of one segment stand side by side with positions that count up by one, so two of them are as
far apart in the row as in position: a key later in the row, or `window` places or more before, is
hidden in any packing. Padding, on either side, is seen by nothing. What lies inside a visited
block is masked by true positions and segments.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.remat import kept
from gemsieve.model.gemma.soft_cap import MASKED, soft_cap
from gemsieve.model.gemma.visible import Places, visible


class Rule(NamedTuple):
    """Fix what a computation is compiled for.

    Attributes:
        window: A query sees itself and `window - 1` positions before it; None for all before.
        cap: Soft cap of the logits, or None.
        block: Queries, and keys, to a block.
    """

    window: int | None
    cap: float | None
    block: int


class _Inputs(NamedTuple):
    """Queries [batch, kv_heads, group, length, head_dim]; keys and values without the group."""

    query: jax.Array
    key: jax.Array
    value: jax.Array


def chunked_attend(
    query: jax.Array, key: jax.Array, value: jax.Array, places: Places, rule: Rule
) -> jax.Array:
    """Return what dense attention returns for a row that attends to itself, and 0 at padding.

    Args:
        query: Scaled queries, [batch, length, heads, head_dim].
        key: [batch, length, kv_heads, head_dim].
        value: The same shape.
        places: Of every token; segments are contiguous, positions in them count up by one.
        rule: Window, cap and size of a block.

    Returns:
        [batch, length, heads, head_dim]; logits, softmax and sums are float32.
    """
    batch, length, heads, width = query.shape
    groups = key.shape[2]
    rule = rule._replace(block=min(rule.block, length))
    missing = -length % rule.block
    positions, segments = (jnp.pad(place, ((0, 0), (0, missing))) for place in places)

    def heads_first(x: jax.Array) -> jax.Array:
        return jnp.moveaxis(jnp.pad(x, ((0, 0), (0, missing), (0, 0), (0, 0))), 1, 2)

    grouped = heads_first(query).reshape(batch, groups, heads // groups, -1, width)
    inputs = _Inputs(grouped, heads_first(key), heads_first(value))
    output = _attend(rule, inputs, (positions, segments)).reshape(batch, heads, -1, width)
    return jnp.moveaxis(output, 2, 1)[:, :length]


def visited(blocks: int, block: int, window: int | None) -> list[tuple[int, int]]:
    """List the pairs of a block of queries and a block of keys that may see each other."""
    reach = blocks if window is None else -(-(window - 1) // block)
    return [(i, j) for i in range(blocks) for j in range(max(0, i - reach), i + 1)]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _attend(rule: Rule, inputs: _Inputs, places: Places) -> jax.Array:
    return _forward(rule, inputs, places)[0]


def _forward(
    rule: Rule, inputs: _Inputs, places: Places
) -> tuple[jax.Array, tuple[_Inputs, Places, jax.Array, jax.Array]]:
    """Return the output in the shape of the queries, and what the backward pass needs."""
    query, value = inputs.query, inputs.value

    def step(sums: list[jax.Array], pair: jax.Array) -> tuple[list[jax.Array], None]:
        i, j = pair
        most, total, mixed = (_take(x, i, rule.block, axis=3) for x in sums)
        logits, mask = _logits(rule, inputs, places, pair)
        logits = jnp.where(mask, logits, MASKED)
        new_most = jnp.maximum(most, jnp.max(logits, axis=-1, keepdims=True))
        share = jnp.where(mask, jnp.exp(logits - new_most), 0.0)
        fade = jnp.exp(most - new_most)
        values = _take(value, j, rule.block, axis=2)
        part = _dot("bkgts,bksh->bkgth", share.astype(value.dtype), values)
        new = (new_most, total * fade + jnp.sum(share, axis=-1, keepdims=True), mixed * fade + part)
        return [_put(old, x, i, axis=3) for old, x in zip(sums, new, strict=True)], None

    column = jnp.zeros((*query.shape[:-1], 1), jnp.float32)
    start = [column + MASKED, column, jnp.zeros(query.shape, jnp.float32)]
    (most, total, mixed), _ = jax.lax.scan(step, start, _pairs(rule, query.shape[3]))
    total = jnp.where(total > 0, total, 1.0)  # padding sees nothing
    output = kept((mixed / total).astype(query.dtype))
    return output, (inputs, places, output, kept(most + jnp.log(total)))


def _backward(
    rule: Rule, saved: tuple[_Inputs, Places, jax.Array, jax.Array], gradient: jax.Array
) -> tuple[_Inputs, None]:
    """Return the gradients of queries, keys and values."""
    inputs, places, output, log_total = saved
    # The softmax's own derivative takes from each row its mean gradient, weighted by the shares.
    mean = jnp.sum(output.astype(jnp.float32) * gradient, axis=-1, keepdims=True)

    def step(sums: _Inputs, pair: jax.Array) -> tuple[_Inputs, None]:
        i, j = pair
        query = _take(inputs.query, i, rule.block, axis=3)
        key, value = (_take(x, j, rule.block, axis=2) for x in inputs[1:])
        above, norm, shift = (_take(x, i, rule.block, axis=3) for x in (gradient, log_total, mean))
        logits, mask = _logits(rule, inputs, places, pair)
        share = jnp.where(mask, jnp.exp(logits - norm), 0.0)
        slope = share * (_dot("bkgth,bksh->bkgts", above, value) - shift)
        if rule.cap is not None:
            slope = slope * (1.0 - jnp.square(logits / rule.cap))
        slope, share = slope.astype(query.dtype), share.astype(query.dtype)
        return _Inputs(
            _add(sums.query, _dot("bkgts,bksh->bkgth", slope, key), i, axis=3),
            _add(sums.key, _dot("bkgts,bkgth->bksh", slope, query), j, axis=2),
            _add(sums.value, _dot("bkgts,bkgth->bksh", share, above), j, axis=2),
        ), None

    start = _Inputs(*(jnp.zeros(x.shape, jnp.float32) for x in inputs))
    sums, _ = jax.lax.scan(step, start, _pairs(rule, inputs.query.shape[3]))
    return _Inputs(*(x.astype(y.dtype) for x, y in zip(sums, inputs, strict=True))), None


_attend.defvjp(_forward, _backward)


def _logits(
    rule: Rule, inputs: _Inputs, places: Places, pair: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return a pair's capped logits, and the mask in a shape that broadcasts to them."""
    i, j = pair
    query = _take(inputs.query, i, rule.block, axis=3)
    key = _take(inputs.key, j, rule.block, axis=2)
    of_queries, of_keys = (
        (_take(places[0], at, rule.block, axis=1), _take(places[1], at, rule.block, axis=1))
        for at in pair
    )
    mask = visible(of_queries, of_keys, rule.window)[:, None, None]
    return soft_cap(_dot("bkgth,bksh->bkgts", query, key), rule.cap), mask


def _dot(axes: str, left: jax.Array, right: jax.Array) -> jax.Array:
    return jnp.einsum(axes, left, right, preferred_element_type=jnp.float32)


def _pairs(rule: Rule, length: int) -> jax.Array:
    return jnp.asarray(visited(length // rule.block, rule.block, rule.window), jnp.int32)


def _take(x: jax.Array, index: jax.Array, block: int, *, axis: int) -> jax.Array:
    """Return a block of an array."""
    return jax.lax.dynamic_slice_in_dim(x, index * block, block, axis)


def _put(x: jax.Array, part: jax.Array, index: jax.Array, *, axis: int) -> jax.Array:
    """Return an array with a block in its place."""
    return jax.lax.dynamic_update_slice_in_dim(x, part, index * part.shape[axis], axis)


def _add(x: jax.Array, part: jax.Array, index: jax.Array, *, axis: int) -> jax.Array:
    """Return an array with a block added in its place."""
    return _put(x, _take(x, index, part.shape[axis], axis=axis) + part, index, axis=axis)
