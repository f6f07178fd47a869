"""Attention that makes all logits of its queries and keys at once."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.soft_cap import MASKED, soft_cap


def attend(
    query: jax.Array, key: jax.Array, value: jax.Array, mask: jax.Array, cap: float | None
) -> jax.Array:
    """Return the values averaged by the soft-capped, masked softmax of the query-key products.

    Args:
        query: Scaled queries, [batch, queries, heads, head_dim].
        key: [batch, keys, kv_heads, head_dim].
        value: The same shape; query head `h` reads head `h // (heads / kv_heads)` of both.
        mask: [batch, queries, keys], bool.
        cap: Soft cap of the logits, or None.

    Returns:
        [batch, queries, heads, head_dim]; logits and softmax are float32.
    """
    batch, length, heads, width = query.shape
    grouped = query.reshape(batch, length, key.shape[2], heads // key.shape[2], width)
    logits = jnp.einsum("btkgh,bskh->bkgts", grouped, key, preferred_element_type=jnp.float32)
    logits = jnp.where(mask[:, None, None, :, :], soft_cap(logits, cap), MASKED)
    share = jax.nn.softmax(logits, axis=-1).astype(value.dtype)
    return jnp.einsum("bkgts,bskh->btkgh", share, value).reshape(query.shape)
