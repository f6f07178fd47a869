"""Attention of one new token to a cache."""

from __future__ import annotations

import functools
import operator

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.cache import BLOCK
from gemsieve.model.gemma.soft_cap import MASKED, soft_cap


def recall(
    query: jax.Array, keys: jax.Array, values: jax.Array, mask: jax.Array, cap: float | None
) -> jax.Array:
    """Return the values averaged by the soft-capped, masked softmax of the query-key products.

    Slots are taken in blocks whose sums are joined at the end, in order (arXiv 2307.08691, section
    2.3.1; arXiv 2112.05682). Blocks without a visible slot add exact zeros, so a row's result is
    the same to the bit however many more slots the cache has.

    Args:
        query: Scaled, of one token a row, [batch, 1, heads, head_dim].
        keys: [batch, kv_heads, slots, head_dim]; slots are a multiple of `BLOCK` or fewer.
        values: The same shape.
        mask: [batch, 1, slots], bool.
        cap: Soft cap of the logits, or None.

    Returns:
        [batch, 1, heads, head_dim]; logits and sums are float32.
    """
    batch, groups, slots, width = keys.shape
    count = max(1, slots // BLOCK)
    blocks = (batch, groups, count, slots // count, width)
    asked = query.reshape(batch, groups, -1, width)
    logits = jnp.einsum(
        "bkgh,bknsh->bkngs", asked, keys.reshape(blocks), preferred_element_type=jnp.float32
    )
    shown = mask.reshape(batch, 1, count, 1, slots // count)
    logits = jnp.where(shown, soft_cap(logits, cap), MASKED)
    peak = jnp.max(logits, axis=-1, keepdims=True)
    weight = jnp.exp(logits - peak)
    total = _in_pairs(weight)
    mixed = jnp.einsum(
        "bkngs,bknsh->bkngh",
        weight.astype(values.dtype),
        values.reshape(blocks),
        preferred_element_type=jnp.float32,
    )
    share = jnp.exp(peak - jnp.max(peak, axis=2, keepdims=True))
    result = _in_order(share * mixed) / _in_order(share * total)
    return result.reshape(query.shape).astype(query.dtype)


def _in_pairs(x: jax.Array) -> jax.Array:
    """Sum over the last axis, a power of two by halves: XLA's own order depends on other axes."""
    size = 1 << (x.shape[-1] - 1).bit_length()
    x = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, size - x.shape[-1])])
    while size > 1:
        size //= 2
        x = x[..., :size] + x[..., size:]
    return x


def _in_order(blocks: jax.Array) -> jax.Array:
    """Sum over the third axis from its start on: trailing zeros then change nothing."""
    parts = [blocks[:, :, index] for index in range(blocks.shape[2])]
    return functools.reduce(operator.add, parts)
