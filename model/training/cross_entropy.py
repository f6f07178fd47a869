"""The cross-entropy of next tokens."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Objective(NamedTuple):
    """Fix what the loss is compiled for.

    Attributes:
        cap: Soft cap of the logits, or None.
        z_loss: What the squared log of the softmax's normaliser counts.
        tokens: How many have logits at a time; at least one of every row does.
    """

    cap: float | None
    z_loss: float
    tokens: int

    def losses(
        self, logits: jax.Array, targets: jax.Array, _: None = None
    ) -> tuple[jax.Array, jax.Array]:
        """Return losses [batch, n], and their gradients to logits [vocab_size, batch, n]."""
        log_total = jax.nn.logsumexp(logits, axis=0)
        right = jnp.sum(jnp.where(_is_target(logits, targets), logits, 0.0), axis=0)
        losses = log_total - right + self.z_loss * jnp.square(log_total)
        # d loss / d logit = softmax * (1 + 2 z log_total) - [logit is the target's]
        pull = jnp.exp(logits - log_total) * (1.0 + 2.0 * self.z_loss * log_total)
        return losses, pull - _is_target(logits, targets)


def _is_target(logits: jax.Array, targets: jax.Array) -> jax.Array:
    """Mark each target among logits [vocab_size, batch, n]."""
    return jnp.arange(logits.shape[0], dtype=targets.dtype)[:, None, None] == targets[None]
