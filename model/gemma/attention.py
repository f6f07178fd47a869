"""Grouped-query attention with a soft cap."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import linen as nn

from gemsieve.model.gemma.cache import beside, write
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.dense_attention import attend
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.product import product
from gemsieve.model.gemma.recall import recall
from gemsieve.model.gemma.rope import rotate
from gemsieve.model.gemma.self_attention import Manner, attend_to_itself
from gemsieve.model.gemma.visible import Places


class Attention(nn.Module):
    """Project, turn, attend, project back; keys and values may live in a cache."""

    config: GemmaConfig
    window: int | None
    execution: Execution

    @nn.compact
    def __call__(
        self,
        x: jax.Array,
        places: Places,
        mask: jax.Array | None,
        cached: tuple[jax.Array, jax.Array, jax.Array] | None,
    ) -> tuple[jax.Array, tuple[jax.Array, jax.Array] | None]:
        """Attend from `x` to itself, and to a cache that `x` is written to.

        Args:
            x: [batch, length, embed_dim].
            places: Of the tokens of `x`.
            mask: [batch, length, keys], bool; the keys are `Admission.seen`. None where there is
                nothing to see but `x`.
            cached: The layer's keys and values in the cache, and `Admission.writes`.

        Returns:
            The output in the shape of `x`, and the cache's new keys and values or None.
        """
        config, cap = self.config, self.config.attn_logit_softcap
        query = self._project("q", x, config.num_heads) * config.query_pre_attn_scalar**-0.5
        query = rotate(query, places[0], config.rope_base)
        key = rotate(self._project("k", x, config.num_kv_heads), places[0], config.rope_base)
        value = self._project("v", x, config.num_kv_heads)
        kept = None
        if cached is not None:
            kept = write(cached[0], key, cached[2]), write(cached[1], value, cached[2])
        if cached is None or mask is None:
            manner = Manner(self.window, cap, self.execution)
            mixed = attend_to_itself(query, key, value, places, manner)
        elif kept is not None and x.shape[1] == 1:
            mixed = recall(query, *kept, mask, cap)
        else:
            mixed = attend(query, beside(cached[0], key), beside(cached[1], value), mask, cap)
        fan_in = nn.initializers.lecun_normal(in_axis=(0, 1), out_axis=2)
        shape = (config.num_heads, config.head_dim, config.embed_dim)
        output = self.param("o", fan_in, shape, jnp.float32)
        # In letters whose order is that of the axes: einsum sums in the order of letters, and would
        # turn the kernel round for every product.
        return product("btgh,ghd->btd", mixed, output), kept

    def _project(self, name: str, x: jax.Array, heads: int) -> jax.Array:
        """Map [batch, length, embed_dim] to [batch, length, heads, head_dim]."""
        fan_in = nn.initializers.lecun_normal(in_axis=0, out_axis=(1, 2))
        shape = (self.config.embed_dim, heads, self.config.head_dim)
        kernel = self.param(name, fan_in, shape, jnp.float32)
        return product("btd,dnh->btnh", x, kernel)
