"""The optimizer and its learning-rate schedule."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any, Literal

import jax
import optax  # type: ignore[import-untyped]

from gemsieve.model.gemma.quantise import SUMMED
from gemsieve.model.gemma.transformer import Params

Kind = Literal["adamw", "muon"]
Schedule = Literal["cosine", "wsd"]

# With it Muon's updates are as long as AdamW's, so that one learning rate does for both
# ("Muon is Scalable for LLM Training", arXiv 2502.16982, section 2.2).
_RMS = 0.2


@dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """Set the optimizer, its learning rate over the steps, and the average of parameters.

    Attributes:
        kind: "adamw" (arXiv 1711.05101), or "muon" for the matrices of the layers (arXiv
            2502.16982) and Adam with Nesterov's momentum for embedding and norms.
        schedule: After a linear warm-up "cosine" falls all the way (arXiv 1608.03983); "wsd" stays
            at the peak (MiniCPM, arXiv 2404.06395, section 4) and falls in a straight line (arXiv
            2405.18392) over the last `decay_fraction` of the steps.
        ema: The share of the running mean of parameters that stays at each step; 0 keeps none.
        z_loss: Joins the loss that is minimised, not the one that is reported of held-out text.

    Raises:
        ValueError: A value is none of these, or no share.
    """

    kind: Kind = "adamw"
    schedule: Schedule = "cosine"
    learning_rate: float = 6e-3
    warmup_steps: int = 40
    decay_fraction: float = 0.1
    final_fraction: float = 0.1
    weight_decay: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.95
    epsilon: float = 1e-8
    clip_norm: float = 1.0
    z_loss: float = 0.0
    ema: float = 0.0

    def __post_init__(self) -> None:
        for name, kinds in (("kind", Kind), ("schedule", Schedule)):
            choice, choices = getattr(self, name), typing.get_args(kinds)
            if choice not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, not {choice!r}")
        if self.ema >= 1:
            raise ValueError(f"ema must be below 1, not {self.ema}")
        if self.decay_fraction > 1:
            raise ValueError(f"decay_fraction must be at most 1, not {self.decay_fraction}")


def make_schedule(settings: OptimizerSettings, steps: int) -> optax.Schedule:
    """Return the learning rate by step: up from 0, down to `final_fraction` of the peak."""
    peak, warmup = settings.learning_rate, settings.warmup_steps
    last = peak * settings.final_fraction
    if settings.schedule == "cosine":
        return optax.warmup_cosine_decay_schedule(
            0.0, peak, warmup, decay_steps=max(steps, warmup + 1), end_value=last
        )
    falling = max(1, min(round(settings.decay_fraction * steps), steps - warmup))
    parts = [
        optax.linear_schedule(0.0, peak, warmup),
        optax.constant_schedule(peak),
        optax.linear_schedule(peak, last, falling),
    ]
    return optax.join_schedules(parts, [warmup, max(warmup, steps - falling)])


def make_optimizer(
    settings: OptimizerSettings, steps: int
) -> optax.GradientTransformationExtraArgs:
    """Return gradient clipping by global norm, then the optimizer; norms' scales do not decay."""
    make = {"adamw": _adamw, "muon": _muon}[settings.kind]
    clip = optax.clip_by_global_norm(settings.clip_norm)
    return optax.chain(clip, make(settings, make_schedule(settings, steps)))


def _adamw(settings: OptimizerSettings, rate: optax.Schedule) -> optax.GradientTransformation:
    return optax.adamw(
        rate,
        b1=settings.beta1,
        b2=settings.beta2,
        eps=settings.epsilon,
        weight_decay=settings.weight_decay,
        mask=_decays,
    )


def _muon(settings: OptimizerSettings, rate: optax.Schedule) -> optax.GradientTransformation:
    """Return Muon for the layers' matrices; Adam's, the embedding too, do not decay."""
    return optax.contrib.muon(
        rate,
        weight_decay=settings.weight_decay,
        eps=settings.epsilon,
        adam_b1=settings.beta1,
        adam_b2=settings.beta2,
        muon_weight_dimension_numbers=_matrices,
        consistent_rms=_RMS,
    )


def _matrices(params: Params) -> Any:  # noqa: ANN401 - a tree like it
    """Return for each parameter of a layer how it is a matrix, None for all others."""

    def matrix(path: tuple[Any, ...], leaf: jax.Array) -> Any:  # noqa: ANN401 - optax has no types
        summed = SUMMED.get(path[-1].key)
        if summed is None or path[-1].key == "embedding":
            return None
        written = tuple(range(len(summed), leaf.ndim))  # the axes summed over are the first
        return optax.contrib.MuonDimensionNumbers(summed, written)

    return jax.tree_util.tree_map_with_path(matrix, params)


def _decays(params: Params) -> Params:
    """Mark all but the norms' scales, in whatever form the layers are."""
    marks: Params = jax.tree_util.tree_map_with_path(
        lambda path, _: path[-1] != jax.tree_util.DictKey("scale"), params
    )
    return marks
