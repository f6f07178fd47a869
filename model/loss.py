"""The training objective."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import optax  # type: ignore[import-untyped]

from gemsieve.model.transformer import Params, Transformer

Batch = Mapping[str, jax.typing.ArrayLike]


def next_token_loss(model: Transformer, params: Params, batch: Batch) -> jax.Array:
    """Return the mean cross-entropy of each next token, in nats.

    Args:
        model: The architecture.
        params: Its parameters.
        batch: `tokens`, `positions`, `segments`, `targets` (integers) and `weights` (float32),
            all [batch, length]; the mean is over `weights`, and 0 where they are all 0.

    Returns:
        A float32 scalar.
    """
    logits, _ = model.apply(
        {"params": params}, batch["tokens"], batch["positions"], batch["segments"]
    )
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, batch["targets"])
    weights = batch["weights"]
    return jnp.sum(losses * weights) / jnp.maximum(jnp.sum(weights), 1.0)
