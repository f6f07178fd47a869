"""A run: batches in, checkpoints and metrics out, resumable to the bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import jax
from jax.sharding import Mesh

from gemsieve.model.checkpoints.about import About
from gemsieve.model.checkpoints.checkpoint import open_checkpoints
from gemsieve.model.checkpoints.placement import in_place
from gemsieve.model.gemma.sharding import parameters_over
from gemsieve.model.gemma.transformer import Params, count_parameters
from gemsieve.model.profile import StepTrace
from gemsieve.model.training.data.order import batches, epochs_of, read_ahead
from gemsieve.model.training.hosts import any_told, mesh_of_run, placed, share_of, wait_for_all
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.loss import Batch
from gemsieve.model.training.resume import resume, save
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.step import (
    Evaluate,
    State,
    Update,
    make_evaluate,
    make_fresh,
    make_update,
)
from gemsieve.model.training.task import Task, in_steps, make_task
from gemsieve.model.training.watching import metrics
from gemsieve.model.training.watching.clock import Clock, Progress
from gemsieve.model.training.watching.goodput import Spent, Stopwatch, read_spent
from gemsieve.model.training.watching.record import due, mean, record, recorded
from gemsieve.model.training.watching.spikes import NEW, Rewind, Vigil
from gemsieve.model.training.watching.utilisation import device_kinds


@dataclass(frozen=True)
class Summary:
    """Tell how a run ended, or was told to; `resumed_from` is 0 for a new one.

    `epochs` says how often each source's rows were read, by its name, "" for a single one.
    """

    steps: int
    resumed_from: int
    parameters: int
    entries: list[dict[str, Any]]
    tokens_per_second: float
    about: About
    utilisation: float | None = None
    spent: Spent = field(default_factory=Spent)
    epochs: dict[str, float] = field(default_factory=dict)


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
    (read so far), where any were `skipped` steps or `rewinds` (`spikes`) and, where measured,
    `held_out_loss`, with `held_out_by` and `held_out_tokens` of its groups. Of several processes
    (`connect`) each calls this alike; the first one writes.

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
        ValueError: There are too few devices, or there is too little text.
    """
    time, mesh = Stopwatch(), mesh_of_run(**asdict(settings.mesh))
    with jax.set_mesh(mesh), StepTrace(profile) as traced:
        settings, task = in_steps(settings, make_task(settings, inputs, run))
        loop = _Loop(settings, task, run, mesh, time, traced.step, watch, stop)
        rewind, state = None, None
        while state is None:
            try:
                state, clock, vigil = loop.go_on(rewind)
            except Rewind as found:
                rewind = found
    wait_for_all("the first process has written all")
    parameters, speed = sum(count_parameters(settings.model)), clock.tokens_per_second
    entries, used, first = metrics.read(run), clock.utilisation, loop.first
    seen = epochs_of(task.rows, (state.step + vigil.passed) * settings.train.batch_size)
    spent = read_spent(run)
    return Summary(state.step, first, parameters, entries, speed, task.about, used, spent, seen)


@dataclass
class _Loop:
    """Hold what a run needs from one beginning to the next; a rewind is another beginning."""

    settings: TrainSettings
    task: Task
    run: Path
    mesh: Mesh
    time: Stopwatch
    step: Callable[..., tuple[State, jax.Array, jax.Array]]
    watch: Callable[[Progress], None]
    stop: Callable[[], bool]
    first: int = -1  # where the process began; -1 before it has

    def go_on(self, rewind: Rewind | None) -> tuple[State, Clock, Vigil]:
        """Go on from the last checkpoint to the end, or until told to end.

        Raises:
            Rewind: There was a spike, and settings say to go back.
            TrainingError, CheckpointError: As of `train`.
        """
        settings, task, run, time = self.settings, self.task, self.run, self.time
        keep = settings.train.keep_checkpoints, settings.train.keep_best
        with open_checkpoints(run, *keep) as manager:
            begin = make_fresh(settings)
            like = in_place(jax.eval_shape(begin, task.shapes))
            found = resume(run, task.about, manager, like)
            state, losses, vigil = found or (begin(task.start(like.params)), [], NEW)
            vigil = vigil.after(rewind, state.step) if rewind else vigil
            first, clock = state.step, Clock(settings, device_kinds(state.params))
            self.first = first if self.first < 0 else self.first
            writes = jax.process_index() == 0
            if writes:
                metrics.rewind(run, first)
            time.begin(run if writes else None, first)
            update, evaluate = _compiled(settings, task, self.mesh, time)
            with _input(settings, task, self.mesh, first + vigil.passed) as read:
                while state.step < settings.train.steps and not self._told_to_end(state):
                    with time.spending("input"):
                        batch = next(read)
                    state, loss, norm = self.step(update, state, batch)
                    losses.append(loss)
                    if recorded(settings, state.step):
                        vigil = vigil.look(settings.train, state.step, losses, norm)
                    entry = record(settings, state, losses, norm, evaluate)
                    clock.tick()
                    if not entry:
                        continue
                    losses.clear()
                    vigil = vigil.tell(entry)
                    if writes:
                        metrics.append(run, entry)
                    self.watch(clock.progress(entry))
                    if due(settings, state.step, settings.train.checkpoint_every):
                        with time.spending("checkpoint"):
                            save(manager, state, task.about, vigil=vigil)
                    time.write(state.step)
            if state.step > (manager.latest_step() or 0):
                if losses:
                    mean(settings, state.step, losses, norm)
                save(manager, state, task.about, losses, vigil)
            if state.step > first:
                with time.spending("checkpoint"):
                    manager.wait_until_finished()
                time.write(state.step)
        return state, clock, vigil

    def _told_to_end(self, state: State) -> bool:
        """Ask whether to end; several processes agree on it, where they record a step."""
        if jax.process_count() == 1:
            return self.stop()
        return state.step % self.settings.train.log_every == 0 and any_told(told=self.stop())


def _compiled(
    settings: TrainSettings, task: Task, mesh: Mesh, time: Stopwatch
) -> tuple[Update, Evaluate]:
    """Return what takes a step, and what measures; both are timed."""
    fixed = jax.device_put(task.fixed, parameters_over(mesh, task.fixed))
    update = _rewritten(make_update(settings, task.loss, fixed), task, fixed)
    evaluate = make_evaluate(settings, task.measure, fixed, task.held_out, partial(placed, mesh))
    return time.compiling(update), time.timed("evaluate", evaluate)


def _rewritten(update: Update, task: Task, fixed: Params) -> Update:
    """Return a step that learns what the task makes of a batch."""
    rewrite = task.rewrite
    if rewrite is None:
        return update

    def step(state: State, batch: Batch) -> tuple[State, jax.Array, jax.Array]:
        return update(state, rewrite(state.step, state.params, fixed, batch))

    return step


@contextmanager
def _input(
    settings: TrainSettings, task: Task, mesh: Mesh, first: int
) -> Iterator[Iterator[Batch]]:
    """Give the batches from a step on, over the mesh; this process reads its share of each."""
    share, size = share_of(mesh), settings.train.batch_size
    source = batches(task.rows, size, settings.data.shuffle_seed, *share)
    with read_ahead(source, first) as rows:
        yield (placed(mesh, batch, share) for batch in rows)
