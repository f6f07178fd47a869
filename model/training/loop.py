"""The loop of a run: from the last checkpoint on, step by step, to the end or to a way back."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import jax
from jax.sharding import Mesh

from gemsieve.model.checkpoints.checkpoint import open_checkpoints
from gemsieve.model.checkpoints.placement import in_place
from gemsieve.model.gemma.sharding import parameters_over
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.training.data.order import batches, read_ahead
from gemsieve.model.training.hosts import any_told, placed, share_of
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
from gemsieve.model.training.task import Task
from gemsieve.model.training.watching import metrics
from gemsieve.model.training.watching.clock import Clock, Progress
from gemsieve.model.training.watching.goodput import Stopwatch
from gemsieve.model.training.watching.record import Losses, due, mean, record, recorded
from gemsieve.model.training.watching.spikes import NEW, Rewind, Vigil
from gemsieve.model.training.watching.utilisation import device_kinds

if TYPE_CHECKING:
    import orbax.checkpoint as ocp  # type: ignore[import-untyped]

# A step's new state, its loss before and its gradient's norm.
Taken = tuple[State, jax.Array, jax.Array]


@dataclass
class Way:
    """What changes between a beginning and its end; `losses` are those since the last line."""

    state: State
    losses: Losses
    vigil: Vigil
    clock: Clock
    norm: jax.Array | float = math.nan

    def take(self, step: Callable[..., Taken], update: Update, batch: Batch) -> None:
        """Take a step."""
        self.state, loss, self.norm = step(update, self.state, batch)
        self.losses.append(loss)
        self.clock.tick()


@dataclass
class Loop:
    """Hold what a run needs from one beginning to the next; a rewind is another beginning."""

    settings: TrainSettings
    task: Task
    run: Path
    mesh: Mesh
    time: Stopwatch
    step: Callable[..., Taken]
    watch: Callable[[Progress], None]
    stop: Callable[[], bool]
    first: int = -1  # where the process began; -1 before it has

    def go_on(self, rewind: Rewind | None) -> Way:
        """Go on from the last checkpoint to the end, or until told to end.

        Raises:
            Rewind: There was a spike, and settings say to go back.
            TrainingError, CheckpointError: As of `train`.
        """
        settings, task = self.settings, self.task
        keep = settings.train.keep_checkpoints, settings.train.keep_best
        with open_checkpoints(self.run, *keep) as manager:
            way = self._begin(manager, rewind)
            first = way.state.step
            update, evaluate = _compiled(settings, task, self.mesh, self.time)
            with _input(settings, task, self.mesh, first + way.vigil.passed) as read:
                while way.state.step < settings.train.steps and not self._told_to_end(way.state):
                    with self.time.spending("input"):
                        batch = next(read)
                    way.take(self.step, update, batch)
                    if recorded(settings, way.state.step):
                        self._tell(manager, way, evaluate)
            if way.state.step > first:
                self._end(manager, way)
        return way

    def _begin(self, manager: ocp.CheckpointManager, rewind: Rewind | None) -> Way:
        """Return where the last checkpoint leaves a run, or its start."""
        settings, task = self.settings, self.task
        fresh = make_fresh(settings)
        like = in_place(jax.eval_shape(fresh, task.shapes))
        found = resume(self.run, task.about, manager, like)
        state, losses, vigil = found or (fresh(task.start(like.params)), [], NEW)
        vigil = vigil.after(rewind, state.step) if rewind else vigil
        self.first = state.step if self.first < 0 else self.first
        if self.writes:
            metrics.rewind(self.run, state.step)
        self.time.begin(self.run if self.writes else None, state.step)
        return Way(state, losses, vigil, Clock(settings, device_kinds(state.params)))

    def _tell(self, manager: ocp.CheckpointManager, way: Way, evaluate: Evaluate) -> None:
        """Look at the losses, write a line of metrics, and save what is due."""
        settings, state = self.settings, way.state
        vigil = way.vigil.look(settings.train, state.step, way.losses, way.norm)
        entry = record(settings, state, way.losses, way.norm, evaluate)
        way.losses, way.vigil = [], vigil.tell(entry)
        if self.writes:
            metrics.append(self.run, entry)
        self.watch(way.clock.progress(entry))
        if due(settings, state.step, settings.train.checkpoint_every):
            with self.time.spending("checkpoint"):
                save(manager, state, self.task.about, vigil=way.vigil)
        self.time.write(state.step)

    def _end(self, manager: ocp.CheckpointManager, way: Way) -> None:
        """Save what is not saved yet, and wait until all is on disk."""
        if way.state.step > (manager.latest_step() or 0):
            if way.losses:
                mean(self.settings, way.state.step, way.losses, way.norm)
            save(manager, way.state, self.task.about, way.losses, way.vigil)
        with self.time.spending("checkpoint"):
            manager.wait_until_finished()
        self.time.write(way.state.step)

    @property
    def writes(self) -> bool:
        """Whether this process is the one that writes."""
        return jax.process_index() == 0

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
