"""Grouped-query attention with a soft cap."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import linen as nn

from gemsieve.model.cache import beside, write
from gemsieve.model.config import GemmaConfig
from gemsieve.model.recall import recall
from gemsieve.model.rope import rotate
from gemsieve.model.soft_cap import MASKED, soft_cap


def visible(
    query_places: tuple[jax.Array, jax.Array],
    key_places: tuple[jax.Array, jax.Array],
    window: int | None,
) -> jax.Array:
    """Say which keys each query may see: the same segment, not later, and inside the window.

    Args:
        query_places: Positions and segments of the queries, [batch, queries] each.
        key_places: Positions and segments of the keys, [batch, keys] each.
        window: A query sees itself and `window - 1` positions before it; None for all before.

    Returns:
        [batch, queries, keys], bool. Segment 0 is padding and is seen by nothing.
    """
    distance = query_places[0][:, :, None] - key_places[0][:, None, :]
    segments = key_places[1][:, None, :]
    mask = (query_places[1][:, :, None] == segments) & (segments != 0) & (distance >= 0)
    return mask if window is None else mask & (distance < window)


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


class Attention(nn.Module):
    """Project, turn, attend, project back; keys and values may live in a cache."""

    config: GemmaConfig

    @nn.compact
    def __call__(
        self,
        x: jax.Array,
        positions: jax.Array,
        mask: jax.Array,
        cached: tuple[jax.Array, jax.Array, jax.Array] | None,
    ) -> tuple[jax.Array, tuple[jax.Array, jax.Array] | None]:
        """Attend from `x` to itself, and to a cache that `x` is written to.

        Args:
            x: [batch, length, embed_dim].
            positions: [batch, length].
            mask: [batch, length, keys], bool; with a cache, the keys are `Admission.seen`.
            cached: The layer's keys and values in the cache, and `Admission.writes`.

        Returns:
            The output in the shape of `x`, and the cache's new keys and values or None.
        """
        config = self.config
        query = self._project("q", x, config.num_heads) * config.query_pre_attn_scalar**-0.5
        query = rotate(query, positions, config.rope_base)
        key = rotate(self._project("k", x, config.num_kv_heads), positions, config.rope_base)
        value = self._project("v", x, config.num_kv_heads)
        if cached is None:
            kept, mixed = None, attend(query, key, value, mask, config.attn_logit_softcap)
        else:
            kept = write(cached[0], key, cached[2]), write(cached[1], value, cached[2])
            if x.shape[1] == 1:
                mixed = recall(query, *kept, mask, config.attn_logit_softcap)
            else:
                key, value = (
                    beside(old, new, mask.shape[2])
                    for old, new in zip(cached[:2], (key, value), strict=True)
                )
                mixed = attend(query, key, value, mask, config.attn_logit_softcap)
        fan_in = nn.initializers.lecun_normal(in_axis=(0, 1), out_axis=2)
        shape = (config.num_heads, config.head_dim, config.embed_dim)
        output = self.param("o", fan_in, shape, jnp.float32).astype(x.dtype)
        return jnp.einsum("btnh,nhd->btd", mixed, output), kept

    def _project(self, name: str, x: jax.Array, heads: int) -> jax.Array:
        """Map [batch, length, embed_dim] to [batch, length, heads, head_dim]."""
        fan_in = nn.initializers.lecun_normal(in_axis=0, out_axis=(1, 2))
        shape = (self.config.embed_dim, heads, self.config.head_dim)
        kernel = self.param(name, fan_in, shape, jnp.float32)
        return jnp.einsum("btd,dnh->btnh", x, kernel.astype(x.dtype))
