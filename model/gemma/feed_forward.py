"""The gated feed-forward layer."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import linen as nn

from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.product import product


class FeedForward(nn.Module):
    """Apply GeGLU with the tanh form of GELU: `down(gelu(gate(x)) * up(x))` (arXiv 2002.05202)."""

    config: GemmaConfig

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Map [batch, length, embed_dim] to the same shape and type."""
        wide, narrow = self.config.hidden_dim, self.config.embed_dim
        fan_in = nn.initializers.lecun_normal()
        gate = self.param("gate", fan_in, (narrow, wide), jnp.float32)
        up = self.param("up", fan_in, (narrow, wide), jnp.float32)
        down = self.param("down", fan_in, (wide, narrow), jnp.float32)
        gated = nn.gelu(product("btd,df->btf", x, gate), approximate=True)
        return product("btf,fd->btd", gated * product("btd,df->btf", x, up), down)
