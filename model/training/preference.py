"""Learning from pairs of answers, one chosen and one rejected: DPO (arXiv 2305.18290)."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.transformer import Params, Transformer
from gemsieve.model.training.loss import Batch


class Pair(NamedTuple):
    """Log probabilities of chosen and of rejected answers, in nats, [pairs] each."""

    chosen: jax.Array
    rejected: jax.Array


def dpo_loss(
    policy: Pair, reference: Pair, beta: float = 0.1, label_smoothing: float = 0.0
) -> jax.Array:
    """Return each pair's loss, float32, [pairs] (equation 7).

    Args:
        policy: What the model that learns says.
        reference: What the model that it began as says; no gradient flows to it.
        beta: How much leaving the reference costs; 0.1 as in the paper's appendix B.
        label_smoothing: The share of pairs thought to be the wrong way round.

    Raises:
        ValueError: `beta` is not above 0, or `label_smoothing` not from 0 to below 0.5.
    """
    if not beta > 0:
        raise ValueError(f"beta must be above 0, not {beta}")
    if not 0.0 <= label_smoothing < 0.5:
        raise ValueError(f"label_smoothing must be from 0 to below 0.5, not {label_smoothing}")
    fixed = jax.lax.stop_gradient(reference)
    margin = beta * margins(policy, fixed).astype(jnp.float32)
    right, wrong = jax.nn.log_sigmoid(margin), jax.nn.log_sigmoid(-margin)
    return -(1.0 - label_smoothing) * right - label_smoothing * wrong


def margins(policy: Pair, reference: Pair) -> jax.Array:
    """Return how much further the policy moved to the chosen answers than to the rejected ones.

    In nats, [pairs]; above 0 where it learned the preference.
    """
    return (policy.chosen - reference.chosen) - (policy.rejected - reference.rejected)


def sequence_logprobs(model: Transformer, params: Params, batch: Batch) -> jax.Array:
    """Return the log probability of each row's targets, summed by weight, float32, [batch].

    Logits exist for `execution.loss_tokens` tokens at a time, and are made a second time where a
    gradient is asked for.

    Args:
        model: The architecture.
        params: Its parameters.
        batch: As for `next_token_loss`, one chat a row.
    """
    variables = {"params": params}
    x, _ = model.apply(
        variables, batch["tokens"], batch["positions"], batch["segments"], method="features"
    )

    @jax.checkpoint
    def logprobs(place: tuple[jax.Array, jax.Array]) -> jax.Array:
        features, targets = place
        logits = jnp.asarray(model.apply(variables, features, method="unembed"))
        picked = jnp.take_along_axis(logits, targets[:, None], axis=-1)[:, 0]
        return picked - jax.nn.logsumexp(logits, axis=-1)

    targets = jnp.asarray(batch["targets"])
    weights = jnp.asarray(batch["weights"], jnp.float32)
    size = min(x.shape[1], max(1, model.execution.loss_tokens // x.shape[0]))
    found = jax.lax.map(logprobs, (jnp.moveaxis(x, 1, 0), targets.T), batch_size=size)
    total: jax.Array = jnp.sum(found * weights.T, axis=0)
    return total
