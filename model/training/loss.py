"""The training objective."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.transformer import Params, Transformer
from gemsieve.model.training.cross_entropy import Objective, total_loss

Batch = Mapping[str, jax.typing.ArrayLike]


def next_token_loss(
    model: Transformer, params: Params, batch: Batch, z_loss: float = 0.0
) -> jax.Array:
    """Return the mean cross-entropy of each next token, in nats.

    Args:
        model: The architecture.
        params: Its parameters.
        batch: `tokens`, `positions`, `segments`, `targets` (integers) and `weights` (float32),
            all [batch, length]; the mean is over `weights`, and 0 where they are all 0.
        z_loss: Adds this times the squared log of the softmax's normaliser, which keeps logits
            from drifting (PaLM, arXiv 2204.02311, section 5).

    Returns:
        A float32 scalar.
    """
    x, _ = model.apply(
        {"params": params},
        batch["tokens"],
        batch["positions"],
        batch["segments"],
        method="features",
    )
    weights = jnp.asarray(batch["weights"], jnp.float32)
    objective = Objective(model.config.final_logit_softcap, z_loss, model.execution.loss_tokens)
    total = total_loss(objective, x, params["embedding"], jnp.asarray(batch["targets"]), weights)
    return total / jnp.maximum(jnp.sum(weights), 1.0)
