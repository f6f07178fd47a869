"""The optimizer and its learning-rate schedule."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import optax  # type: ignore[import-untyped]

from gemsieve.model.gemma.transformer import Params


@dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """Set AdamW (arXiv 1711.05101) under linear warm-up and cosine decay (arXiv 1608.03983).

    `z_loss` joins the loss that is minimised, not the one that is reported of held-out text.
    """

    learning_rate: float = 6e-3
    warmup_steps: int = 40
    final_fraction: float = 0.1
    weight_decay: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.95
    epsilon: float = 1e-8
    clip_norm: float = 1.0
    z_loss: float = 0.0


def make_schedule(settings: OptimizerSettings, steps: int) -> optax.Schedule:
    """Return the learning rate by step: up from 0, down to `final_fraction` of the peak."""
    return optax.warmup_cosine_decay_schedule(
        init_value=0.0,
        peak_value=settings.learning_rate,
        warmup_steps=settings.warmup_steps,
        decay_steps=max(steps, settings.warmup_steps + 1),
        end_value=settings.learning_rate * settings.final_fraction,
    )


def make_optimizer(
    settings: OptimizerSettings, steps: int
) -> optax.GradientTransformationExtraArgs:
    """Return gradient clipping by global norm, then AdamW; norms' scales do not decay."""
    return optax.chain(
        optax.clip_by_global_norm(settings.clip_norm),
        optax.adamw(
            make_schedule(settings, steps),
            b1=settings.beta1,
            b2=settings.beta2,
            eps=settings.epsilon,
            weight_decay=settings.weight_decay,
            mask=_decays,
        ),
    )


def _decays(params: Params) -> Params:
    """Mark all but the norms' scales, in whatever form the layers are."""
    marks: Params = jax.tree_util.tree_map_with_path(
        lambda path, _: path[-1] != jax.tree_util.DictKey("scale"), params
    )
    return marks
