"""Learning from pairs of answers, one chosen and one rejected: DPO (arXiv 2305.18290)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.transformer import Params, Transformer
from gemsieve.model.training.loss import Batch, Loss, Whole, features

_COLUMNS = ("tokens", "positions", "segments", "targets", "learned")


@dataclass(frozen=True, kw_only=True)
class PreferenceSettings:
    """Set how answers are learned from pairs.

    Attributes:
        beta: How much leaving the model that was started from costs.
        label_smoothing: The share of pairs thought to be the wrong way round.

    Raises:
        ValueError: `beta` is not above 0, or `label_smoothing` not from 0 to below 0.5.
    """

    beta: float = 0.1
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        if not self.beta > 0:
            raise ValueError(f"beta must be above 0, not {self.beta}")
        if not 0.0 <= self.label_smoothing < 0.5:
            raise ValueError(
                f"label_smoothing must be from 0 to below 0.5, not {self.label_smoothing}"
            )


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
        ValueError: As of `PreferenceSettings`.
    """
    PreferenceSettings(beta=beta, label_smoothing=label_smoothing)
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
    x = features(model, params, batch)

    @jax.checkpoint
    def logprobs(place: tuple[jax.Array, jax.Array]) -> jax.Array:
        x, targets = place
        logits = jnp.asarray(model.apply(variables, x, method="unembed"))
        picked = jnp.take_along_axis(logits, targets[:, None], axis=-1)[:, 0]
        return picked - jax.nn.logsumexp(logits, axis=-1)

    targets = jnp.asarray(batch["targets"])
    weights = jnp.asarray(batch["weights"], jnp.float32)
    size = min(x.shape[1], max(1, model.execution.loss_tokens // x.shape[0]))
    found = jax.lax.map(logprobs, (jnp.moveaxis(x, 1, 0), targets.T), batch_size=size)
    total: jax.Array = jnp.sum(found * weights.T, axis=0)
    return total


@cache
def preference_loss(
    config: GemmaConfig, execution: Execution, settings: PreferenceSettings, whole: Whole
) -> Loss:
    """Return the mean DPO loss of a batch of `PairRows`.

    What is fixed is the model that was started from, and the reference: under adapters there is
    no second copy of it.
    """
    measured = preference_measures(config, execution, settings, whole)

    def loss(trained: Params, fixed: Params, batch: Batch) -> jax.Array:
        return measured(trained, fixed, batch)["loss"]

    return loss


@cache
def preference_measures(
    config: GemmaConfig, execution: Execution, settings: PreferenceSettings, whole: Whole
) -> Callable[[Params, Params, Batch], Mapping[str, jax.Array]]:
    """Return means over a batch of `PairRows`.

    They are the `loss`, the `accuracy`, which is the share of pairs whose chosen answer gained
    more than the rejected one, and the `margin` by which it did so, in nats.
    """
    model = Transformer(config, execution.precision, execution)

    def measure(trained: Params, fixed: Params, batch: Batch) -> Mapping[str, jax.Array]:
        policy, reference = (
            _pair(model, params, batch) for params in (whole(trained, fixed), fixed)
        )
        weights = jnp.asarray(batch["weights"], jnp.float32)
        margin = margins(policy, reference)
        each = {
            "loss": dpo_loss(policy, reference, settings.beta, settings.label_smoothing),
            "accuracy": (margin > 0).astype(jnp.float32),
            "margin": margin,
        }
        total = jnp.maximum(jnp.sum(weights), 1.0)
        return {name: jnp.sum(values * weights) / total for name, values in each.items()}

    return measure


def _pair(model: Transformer, params: Params, batch: Batch) -> Pair:
    """Return what a model says of both answers of each pair."""
    sides = {name: jnp.asarray(batch[name]) for name in _COLUMNS}
    flat = {name: column.reshape(-1, column.shape[-1]) for name, column in sides.items()}
    said = sequence_logprobs(model, params, flat | {"weights": flat["learned"]}).reshape(-1, 2)
    return Pair(said[:, 0], said[:, 1])
