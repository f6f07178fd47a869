"""Training: what a run reads in, checkpoints and metrics out, resumable to the bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import jax

from gemsieve.model.checkpoints.about import About
from gemsieve.model.gemma.transformer import count_parameters
from gemsieve.model.profile import StepTrace
from gemsieve.model.training.data.order import epochs_of
from gemsieve.model.training.hosts import mesh_of_run, wait_for_all
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.loop import Loop
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.task import in_steps, make_task
from gemsieve.model.training.watching import metrics
from gemsieve.model.training.watching.clock import Progress
from gemsieve.model.training.watching.goodput import Spent, Stopwatch, read_spent
from gemsieve.model.training.watching.spikes import Rewind


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
        loop = Loop(settings, task, run, mesh, time, traced.step, watch, stop)
        way, rewind = None, None
        while way is None:
            try:
                way = loop.go_on(rewind)
            except Rewind as found:
                rewind = found
    wait_for_all("the first process has written all")
    step, clock = way.state.step, way.clock
    seen = epochs_of(task.rows, (step + way.vigil.passed) * settings.train.batch_size)
    return Summary(
        steps=step,
        resumed_from=loop.first,
        parameters=sum(count_parameters(settings.model)),
        entries=metrics.read(run),
        tokens_per_second=clock.tokens_per_second,
        about=task.about,
        utilisation=clock.utilisation,
        spent=read_spent(run),
        epochs=seen,
    )
