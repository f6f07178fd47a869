"""Fine-tuning: the loss, one step, and a loop that goes on where it was cut off."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax  # type: ignore[import-untyped]
from flax import serialization

from gemsieve.model.toxicity.batches import TrainingBatch
from gemsieve.model.toxicity.encoder import Encoder

logger = logging.getLogger(__name__)

Tree = dict[str, Any]
ROWS = 48  # what the loss is divided by, whatever the rows of a batch: every row counts the same
SAVE_EVERY = 200  # steps


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """Set AdamW (arXiv 1711.05101) in one cycle, up from 0 and down to 0 (arXiv 1708.07120).

    Attributes:
        layer_decay: The rate of a layer over that of the one above it (arXiv 1801.06146).
        head_factor: The rate of the new layers over that of the encoder's topmost.
    """

    learning_rate: float = 2e-4
    layer_decay: float = 0.85
    head_factor: float = 5.0
    warmup_share: float = 0.08
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    offset_penalty: float = 1e-3


class Plan(NamedTuple):
    """What stays the same from step to step, and is compiled in."""

    encoder: Encoder
    tuning: Tuning
    steps: int


def loss(params: Tree, encoder: Encoder, penalty: float, batch: Tree) -> jax.Array:
    """Return the weighted cross-entropy of a batch.

    Every set has an offset by label, added here and left out in use: sets mean different things
    by "toxic", and the encoder shall learn what they share. A penalty keeps offsets near zero.
    """
    logits = encoder.apply({"params": params["encoder"]}, batch["pieces"])
    logits = logits + params["offsets"][batch["sources"]]
    entropy = optax.sigmoid_binary_cross_entropy(logits, batch["targets"])
    return jnp.sum(entropy * batch["weights"]) / ROWS + penalty * jnp.sum(
        jnp.square(params["offsets"])
    )


def rates(params: Tree, tuning: Tuning) -> Tree:
    """Return each parameter's rate over that of the topmost layer."""
    layers = sum(name.startswith("block_") for name in params["encoder"])
    depth = {f"block_{i}": layers - 1 - i for i in range(layers)}
    by_part = {
        name: tuning.head_factor
        if name == "labels"
        else tuning.layer_decay ** depth.get(name, layers)
        for name in params["encoder"]
    }
    encoder = {
        name: jax.tree.map(lambda _, r=by_part[name]: r, part)
        for name, part in params["encoder"].items()
    }
    return {"encoder": encoder, "offsets": 10 * tuning.head_factor}


def optimizer(params: Tree, tuning: Tuning, steps: int) -> optax.GradientTransformation:
    """Return clipping, AdamW and the layers' rates; vectors and offsets do not decay."""
    warmup = max(1, int(tuning.warmup_share * steps))
    schedule = optax.warmup_cosine_decay_schedule(
        0.0, tuning.learning_rate, warmup, max(steps, warmup + 1), 0.0
    )
    by_leaf = rates(params, tuning)
    decays = {
        "encoder": jax.tree.map(lambda leaf: leaf.ndim > 1, params["encoder"]),
        "offsets": False,
    }
    return optax.chain(
        optax.clip_by_global_norm(tuning.clip_norm),
        optax.adamw(schedule, weight_decay=tuning.weight_decay, mask=decays),
        optax.stateless(lambda updates, _: jax.tree.map(lambda u, r: u * r, updates, by_leaf)),
    )


@partial(jax.jit, static_argnums=0, donate_argnums=(1, 2))
def step(plan: Plan, params: Tree, inner: Tree, batch: Tree) -> tuple[Tree, Tree, jax.Array]:
    """Take one step; return parameters, the optimizer's state and the loss."""
    encoder, tuning, steps = plan
    value, gradients = jax.value_and_grad(loss)(params, encoder, tuning.offset_penalty, batch)
    updates, inner = optimizer(params, tuning, steps).update(gradients, inner, params)
    return optax.apply_updates(params, updates), inner, value


def tune(
    start: Tree,
    encoder: Encoder,
    batches: Sequence[TrainingBatch],
    tuning: Tuning,
    saved: Path,
) -> Tree:
    """Tune on the batches in their order and return the encoder's parameters.

    Progress is saved to one file; a run that finds it goes on from there.
    """
    sources = 1 + max(int(batch.sources.max()) for batch in batches)
    offsets = jnp.zeros((sources, encoder.shape.labels))
    params: Tree = {"encoder": jax.tree.map(jnp.asarray, start), "offsets": offsets}
    plan = Plan(encoder, tuning, len(batches))
    inner = optimizer(params, tuning, plan.steps).init(params)
    state: Tree = {"params": params, "optimizer": inner, "step": 0}
    if saved.is_file():
        state = serialization.from_bytes(state, saved.read_bytes())

    params, inner = state["params"], state["optimizer"]
    began, first, losses = time.monotonic(), int(state["step"]), 0.0
    for number in range(first, len(batches)):
        params, inner, value = step(plan, params, inner, vars(batches[number]))
        losses = 0.98 * losses + 0.02 * float(value)
        if (number + 1) % SAVE_EVERY == 0 or number + 1 == len(batches):
            save({"params": params, "optimizer": inner, "step": number + 1}, saved)
            logger.info(
                "step %d of %d, loss %.4f, %.0f s",
                *(number + 1, len(batches), losses, time.monotonic() - began),
            )
    tuned: Tree = jax.device_get(params["encoder"])
    return tuned


def save(state: Tree, file: Path) -> None:
    """Write a state whole: it appears under its name only when it is complete."""
    part = file.with_suffix(".part")
    part.write_bytes(serialization.to_bytes(state))
    part.replace(file)
