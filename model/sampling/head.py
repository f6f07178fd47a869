"""A head on the states of the model that writes: it reads each token that was written."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.product import product

# The weights [labels, embed_dim] and the bias [labels] of a head, on the device.
Arrays = tuple[jax.Array, jax.Array]


def logits_of(head: Arrays, states: jax.Array) -> jax.Array:
    """Return what a head says of states [..., embed_dim]: [..., labels], float32."""
    weights, bias = head
    said = product("...d,ld->...l", states.astype(jnp.float32), weights, jnp.float32)
    return said + bias


@dataclass(frozen=True, eq=False)
class Head:
    """A linear probe (arXiv 1610.01644) on one place of the residual stream.

    Attributes:
        digest: SHA-256 (hex) of the head and its model: what `Reading.head` says.
        layer: After which block it reads, 1 or more; 0 reads the embeddings.
        weights: [labels, embed_dim], float32.
        bias: [labels], float32.
    """

    digest: str
    layer: int
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def check(self, config: GemmaConfig) -> None:
        """Raise ValueError where it is made for another shape of model."""
        labels, width = self.weights.shape
        if width != config.embed_dim or not 0 <= self.layer <= config.num_layers:
            raise ValueError(
                f"the head reads {width} numbers after block {self.layer}; the model has"
                f" {config.embed_dim} and {config.num_layers} blocks"
            )
        if self.bias.shape != (labels,):
            raise ValueError(f"the head has {labels} labels and {self.bias.size} biases")
