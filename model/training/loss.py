"""The training objective."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.transformer import Params, Transformer
from gemsieve.model.training import chunked_loss as chunked
from gemsieve.model.training.cross_entropy import Objective

Batch = Mapping[str, jax.typing.ArrayLike]
# From what is trained, what is fixed and a batch to the mean over the batch's weights, in nats.
Loss = Callable[[Params, Params, Batch], jax.Array]
# The same to several means by their names, of which `loss` is one.
Measures = Callable[[Params, Params, Batch], Mapping[str, jax.Array]]
# From what is trained and what is fixed to the parameters of the model that they are together.
Whole = Callable[[Params, Params], Params]


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
    objective = Objective(model.config.final_logit_softcap, z_loss, model.execution.loss_tokens)
    return mean_loss(objective, model, params, batch, jnp.asarray(batch["targets"]))


def mean_loss(  # noqa: PLR0913, PLR0917 (what a loss is of)
    objective: chunked.Objective,
    model: Transformer,
    params: Params,
    batch: Batch,
    told: chunked.Tree,
    kept: chunked.Tree = None,
) -> jax.Array:
    """Return the mean of an objective's losses over a batch's weights, 0 where they are all 0.

    Args:
        objective: The kind of loss.
        model: The architecture.
        params: Its parameters.
        batch: As for `next_token_loss`.
        told: What each token is to learn from, [batch, length, ...].
        kept: What all tokens share.
    """
    x = features(model, params, batch)
    weights = jnp.asarray(batch["weights"], jnp.float32)
    total = chunked.chunked_loss(objective, x, params["embedding"], weights, told, kept)
    return total / jnp.maximum(jnp.sum(weights), 1.0)


def features(model: Transformer, params: Params, batch: Batch) -> jax.Array:
    """Return a model's features of a batch's tokens, [batch, length, width]."""
    places = (batch["tokens"], batch["positions"], batch["segments"])
    found: jax.Array = model.apply({"params": params}, *places, method="features")[0]
    return found


def alone(trained: Params, _: Params) -> Params:
    """Return what is trained, where that is a whole model."""
    return trained


@cache
def text_loss(
    config: GemmaConfig, execution: Execution, z_loss: float = 0.0, whole: Whole = alone
) -> Loss:
    """Return `next_token_loss` as a function of what is trained and what is fixed."""
    model = Transformer(config, execution.precision, execution)

    def loss(trained: Params, fixed: Params, batch: Batch) -> jax.Array:
        return next_token_loss(model, whole(trained, fixed), batch, z_loss)

    return loss


@cache
def text_measures(config: GemmaConfig, execution: Execution, whole: Whole = alone) -> Measures:
    """Return `text_loss` as what is reported of held-out rows."""
    of = text_loss(config, execution, whole=whole)

    def measures(trained: Params, fixed: Params, batch: Batch) -> Mapping[str, jax.Array]:
        return {"loss": of(trained, fixed, batch)}

    return measures
