"""Rotary position embeddings."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def rotate(x: jax.Array, positions: jax.Array, base: float) -> jax.Array:
    """Turn each head by its position (RoFormer, arXiv 2104.09864), in the half-split layout.

    Element `i` of the first half and element `i` of the second half form the pair that is turned
    by `position * base ** (-2 i / head_dim)` radians. Angles are float32: in bfloat16 positions
    past 256 would collide.

    Args:
        x: Queries or keys, [batch, length, heads, head_dim].
        positions: [batch, length], integers.
        base: Longest wavelength over 2 pi.

    Returns:
        The turned array, in the shape and type of `x`.
    """
    half = x.shape[-1] // 2
    frequency = base ** (-jnp.arange(half, dtype=jnp.float32) / half)
    angle = positions[:, :, None, None].astype(jnp.float32) * frequency[None, None, None, :]
    sine, cosine = jnp.sin(angle), jnp.cos(angle)
    first, second = jnp.split(x.astype(jnp.float32), 2, axis=-1)
    turned = [first * cosine - second * sine, second * cosine + first * sine]
    return jnp.concatenate(turned, axis=-1).astype(x.dtype)
