"""Root-mean-square normalisation."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import linen as nn


class RMSNorm(nn.Module):
    """Scale vectors to unit mean square, times `1 + w` (arXiv 1910.07467).

    Computed in float32 whatever the input's type; the weight starts at zero, so that a fresh
    norm only normalises.
    """

    eps: float

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Normalise the last axis of `x`, keeping shape and type."""
        weight = self.param("scale", nn.initializers.zeros, (x.shape[-1],), jnp.float32)
        wide = x.astype(jnp.float32)
        mean_square = jnp.mean(jnp.square(wide), axis=-1, keepdims=True)
        scale = jnp.expand_dims(1.0 + weight, range(x.ndim - 1))
        return (wide * jax.lax.rsqrt(mean_square + self.eps) * scale).astype(x.dtype)
