"""A run: batches in, checkpoints and metrics out, resumable to the bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax

from gemsieve.model.checkpoints.about import About
from gemsieve.model.checkpoints.checkpoint import open_checkpoints
from gemsieve.model.checkpoints.placement import on_first_device
from gemsieve.model.gemma.transformer import count_parameters
from gemsieve.model.profile import StepTrace
from gemsieve.model.training import metrics
from gemsieve.model.training.clock import Clock, Progress
from gemsieve.model.training.data import batches
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.record import due, mean, record
from gemsieve.model.training.resume import resume, save
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.step import State, fresh, make_evaluate, make_update
from gemsieve.model.training.task import Task, make_task
from gemsieve.model.training.utilisation import device_kinds


@dataclass(frozen=True)
class Summary:
    """Tell how a run ended, or was told to; `resumed_from` is 0 for a new one."""

    steps: int
    resumed_from: int
    parameters: int
    entries: list[dict[str, Any]]
    tokens_per_second: float
    about: About
    utilisation: float | None = None


def train(  # noqa: PLR0913 (what a run reads, writes and tells)
    settings: TrainSettings,
    inputs: Inputs,
    run: Path,
    watch: Callable[[Progress], None] = lambda _: None,
    *,
    stop: Callable[[], bool] = lambda: False,
    profile: Path | None = None,
) -> Summary:
    """Train on what the run reads, writing to `run`, or go on from what is there.

    Equal inputs, settings and code give equal metrics and parameters on one type of CPU, to the
    bit, interrupted or not. A line of metrics holds `step`, `loss` (the mean over the steps since
    the line before), the step's `learning_rate` and `gradient_norm` (before clipping), `tokens`
    (read so far), where any were `skipped` steps and, where measured, `held_out_loss`.

    Args:
        settings: The run's settings.
        inputs: What it reads.
        run: The run's folder, made if absent.
        watch: Called at every recorded step.
        stop: Asked before every step; once it says so, the state is saved and training ends.
        profile: A folder for a trace of this call's second to fourth step; None for no trace.

    Raises:
        ManifestError: The data is no finished, untouched output of a filter job.
        TokensError: The tokens are not those of the data.
        CheckpointError: `run` holds a run of other data, settings or tokenizer.
        TrainingError: The loss or a gradient is no longer finite.
        ValueError: There is too little text.
    """
    task = make_task(settings, inputs, run)
    with (
        open_checkpoints(run, settings.train.keep_checkpoints) as manager,
        StepTrace(profile) as traced,
    ):
        like = on_first_device(jax.eval_shape(partial(fresh, settings), task.shapes))
        state, losses = resume(run, task.about, manager, like) or (_begun(settings, task, like), [])
        first, clock = state.step, Clock(settings, device_kinds(state.params))
        metrics.rewind(run, first)
        update = make_update(settings, task.loss, task.fixed)
        evaluate = make_evaluate(settings, task.measure, task.fixed, task.held_out)
        source = batches(task.rows, settings.train.batch_size, settings.data.shuffle_seed)
        while state.step < settings.train.steps and not stop():
            state, loss, norm = traced.step(update, state, source[state.step])
            losses.append(loss)
            entry = record(settings, state, losses, norm, evaluate)
            clock.tick()
            if entry:
                losses.clear()
                metrics.append(run, entry)
                watch(clock.progress(entry))
            if due(settings, state.step, settings.train.checkpoint_every):
                save(manager, state, task.about)
        if state.step > (manager.latest_step() or 0):
            if losses:
                mean(settings, state.step, losses, norm)
            save(manager, state, task.about, losses)
    parameters, speed = sum(count_parameters(settings.model)), clock.tokens_per_second
    entries, used = metrics.read(run), clock.utilisation
    return Summary(state.step, first, parameters, entries, speed, task.about, used)


def _begun(settings: TrainSettings, task: Task, like: State) -> State:
    """Return the state before the first step, placed as a state of shapes says."""
    return fresh(settings, task.start(like.params))
