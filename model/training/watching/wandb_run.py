"""A run at Weights & Biases: its numbers and settings, and nothing of the machine or the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax

from gemsieve.model.training.watching.board import numbers
from gemsieve.pipeline.storage import write_atomically

if TYPE_CHECKING:
    from gemsieve.model.training.watching.clock import Progress

FILE_NAME = "wandb.id"


@contextmanager
def wandb_run(
    project: str, output: Path, settings: Mapping[str, Any]
) -> Iterator[Callable[[Progress], None]]:
    """Give a function that sends what a run tells as it goes; `WANDB_MODE=offline` only writes it.

    The run there begins at the first step told. A resumed run is the same one there: its id lies in
    `wandb.id`. Numbers are named as in TensorBoard's files, over `step`. Of several processes the
    first one sends.

    Args:
        project: Its project there.
        output: The run's folder; what waits to be sent lies under `wandb` in it.
        settings: The run's settings, as nested tables.

    Raises:
        ModuleNotFoundError: wandb is not installed.
    """
    import wandb  # noqa: F401 - if it is missing, that is said before the run begins

    run: Any = None

    def watch(progress: Progress) -> None:
        nonlocal run
        if jax.process_index():
            return
        run = run or _begin(project, output, settings)
        run.log({"step": progress.step, **numbers(progress)})

    try:
        yield watch
    finally:
        if run:
            run.finish()


def _begin(project: str, output: Path, settings: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Begin a run there, or go on with it; it learns nothing of the machine or the code."""
    import wandb

    path = output / FILE_NAME
    quiet = wandb.Settings(
        console="off",
        disable_code=True,
        disable_git=True,
        host="-",
        silent=True,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
    )
    run = wandb.init(
        project=project,
        dir=str(output),
        id=path.read_text(encoding="utf-8").strip() if path.exists() else None,
        resume="allow",
        config=dict(settings),
        settings=quiet,
    )
    write_atomically(path, f"{run.id}\n".encode())
    run.define_metric("*", step_metric="step")
    return run
