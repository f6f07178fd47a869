"""TensorBoard's event files of a run, by tensorboardX: no TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gemsieve.model.training.watching.clock import Progress


@contextmanager
def event_file(folder: Path) -> Iterator[Callable[[Progress], None]]:
    """Give a function that writes what a run tells as it goes, a scalar for each number.

    Scalars are named as in `metrics.jsonl`, with `tokens_per_second` and, where it is known,
    `utilisation`. The file is begun at the first step told; of earlier files in the folder
    TensorBoard then leaves out that step and those after it, which a resumed run takes again.

    Raises:
        ModuleNotFoundError: tensorboardX is not installed.
    """
    from tensorboardX import SummaryWriter  # type: ignore[import-untyped]

    writer: Any = None

    def watch(progress: Progress) -> None:
        nonlocal writer
        step = progress.step
        writer = writer or SummaryWriter(
            str(folder), purge_step=step, filename_suffix=f".{step}", flush_secs=10
        )
        for name, value in numbers(progress).items():
            writer.add_scalar(name, value, step)

    try:
        yield watch
    finally:
        if writer:
            writer.close()


def numbers(progress: Progress) -> dict[str, float]:
    """Return a recorded step's numbers by their names; those of groups as `held_out_by/NAME`."""
    told = {"tokens_per_second": progress.tokens_per_second}
    if progress.utilisation is not None:
        told["utilisation"] = progress.utilisation
    for name, value in progress.entry.items():
        if isinstance(value, Mapping):
            told |= {f"{name}/{group}": number for group, number in value.items()}
        elif name != "step" and not isinstance(value, list):
            told[name] = value
    return told
