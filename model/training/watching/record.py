"""Lines of metrics: which steps have one, and what it says."""

from __future__ import annotations

import math
from typing import Any

import jax

from gemsieve.model.training.optimizer import make_schedule
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.step import Evaluate, State

# One number a step, as the device gave it or as a checkpoint kept it.
Losses = list[jax.Array | float]


class TrainingError(Exception):
    """A run cannot go on; says why and what to do."""


def due(settings: TrainSettings, step: int, *every: int) -> bool:
    """Tell whether a step is a multiple of any of these, or the last."""
    return step == settings.train.steps or any(step % number == 0 for number in every)


def recorded(settings: TrainSettings, step: int) -> bool:
    """Tell whether a step has a line of metrics."""
    loop = settings.train
    return step == 1 or due(
        settings, step, loop.log_every, loop.evaluate_every, loop.checkpoint_every
    )


def record(
    settings: TrainSettings,
    state: State,
    losses: Losses,
    norm: float | jax.Array,
    evaluate: Evaluate,
) -> dict[str, Any]:
    """Return the line of metrics for a step that has one.

    Every checkpoint has its line but that of a run told to stop, which keeps its losses instead: a
    resumed run's means are over the same steps.

    Raises:
        TrainingError: Something is not finite; whatever is saved, is so after this was asked.
    """
    loop = settings.train
    loss, skipped = mean(settings, state.step, losses, norm)
    rate = float(make_schedule(settings.optimizer, loop.steps)(state.step - 1))
    entry: dict[str, Any] = {"step": state.step, "loss": loss, "learning_rate": rate}
    if math.isfinite(norm):  # that of a step that was skipped is no number, in JSON neither
        entry["gradient_norm"] = float(norm)
    entry["tokens"] = state.step * settings.tokens_a_step
    if skipped:
        entry["skipped"] = skipped
    if due(settings, state.step, loop.evaluate_every):
        measured = evaluate(state.model)
        entry |= {f"held_out_{name}": value for name, value in sorted(measured.items())}
    return entry


def mean(
    settings: TrainSettings, step: int, losses: Losses, norm: float | jax.Array
) -> tuple[float, int]:
    """Return the mean of the losses since the last line of metrics, and how many were skipped.

    Raises:
        TrainingError: It, or the last gradient's norm, is not finite; where such steps are
            skipped, only if all were.
    """
    numbers = [float(loss) for loss in losses]
    if settings.train.on_nan == "skip" and any(map(math.isfinite, numbers)):
        sound = [loss for loss in numbers if math.isfinite(loss)]
        return math.fsum(sound) / len(sound), len(numbers) - len(sound)
    loss = math.fsum(numbers) / len(numbers)
    if not (math.isfinite(loss) and math.isfinite(norm)):
        raise TrainingError(
            f"step {step}: the loss ({loss}) or the gradient ({float(norm)}) is not"
            " finite: lower optimizer.learning_rate or raise optimizer.warmup_steps"
        )
    return loss, 0
