"""One layer of the network."""

from __future__ import annotations

from typing import Any

import jax
from flax import linen as nn

from gemsieve.model.gemma.attention import Attention
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.feed_forward import FeedForward
from gemsieve.model.gemma.norm import RMSNorm
from gemsieve.model.gemma.remat import keep
from gemsieve.model.gemma.sharding import rows_apart
from gemsieve.model.gemma.visible import Places


class Block(nn.Module):
    """Add attention, then the feed-forward layer, each normalised before and after.

    Gemma 1 (arXiv 2403.08295) normalises before alone.
    """

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
        """Map the residual stream [batch, length, embed_dim]; the rest as in `Attention`."""
        normed = self._norm("pre_attention_norm", x)
        attention = Attention(self.config, self.window, self.execution, name="attention")
        mixed, kept = attention(normed, places, mask, cached)
        x = x + self._post_norm("post_attention_norm", mixed)
        normed = self._norm("pre_feed_forward_norm", x)
        fed = FeedForward(self.config, name="feed_forward")(normed)
        return rows_apart(x + self._post_norm("post_feed_forward_norm", fed)), kept

    def _norm(self, name: str, x: jax.Array) -> jax.Array:
        normed: jax.Array = RMSNorm(self.config.norm_eps, name=name)(x)
        return normed

    def _post_norm(self, name: str, x: jax.Array) -> jax.Array:
        return self._norm(name, x) if self.config.post_norms else x


def make_block(
    config: GemmaConfig, layer: int, execution: Execution, *, alone: bool = False
) -> Block:
    """Return a layer's block, which keeps of its own activations what `execution.remat` says.

    Args:
        config: The model's shape.
        layer: Its number, from 0.
        execution: How to compute it.
        alone: Whether it stands outside the module that makes it.
    """
    kind: Any = Block
    if execution.remat != "none":
        policy = keep if execution.remat == "dots" else None
        # Within a scan the compiler cannot merge what is computed twice; elsewhere it must not.
        kind = nn.remat(Block, policy=policy, prevent_cse=not execution.scan)
    place = {"parent": None} if alone else {}
    block: Block = kind(config, config.window(layer), execution, **place)
    return block
