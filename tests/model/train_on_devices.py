"""A program for `test_mesh`: the same run on one simulated device and, part by part, on others.

    python -m tests.model.train_on_devices DATA FOLDER

JAX counts its devices once, when it starts, so this runs in a process of its own. It prints, as
JSON, the losses of both runs.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax

from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.settings import MeshSettings, TrainSettings, settings_from
from gemsieve.model.training.train import train

SETTINGS = settings_from(
    {
        "model": {"size": "test", "vocab_size": 300, "num_layers": 1},
        "data": {"sequence_length": 32, "held_out_every": 20},
        "optimizer": {"ema": 0.5, "warmup_steps": 2, "learning_rate": 0.01},
        "train": {
            "steps": 6,
            "batch_size": 8,
            "log_every": 1,
            "evaluate_every": 6,
            "checkpoint_every": 6,
        },
    }
)


def on(data: int, fsdp: int, tensor: int) -> TrainSettings:
    """Return the settings on a mesh."""
    return replace(SETTINGS, mesh=MeshSettings(data=data, fsdp=fsdp, tensor=tensor))


def losses(entries: list[dict[str, Any]]) -> list[float]:
    """Return the loss of each step and, last, the held-out one."""
    return [*(entry["loss"] for entry in entries), entries[-1]["held_out_loss"]]


def resharded(data: Path, run: Path) -> list[float]:
    """Return the losses of a run that begins on 4 devices, goes on with 2, and ends on 8.

    On four each has a quarter of every matrix, on two half of the heads and of the hidden units, on
    eight the whole model and a row of the batch.
    """
    for settings in (on(1, 4, 1), on(1, 1, 2), on(8, 1, 1)):
        after_two = iter([False, False, True])
        summary = train(settings, Inputs((data,)), run, stop=after_two.__next__)
    return losses(summary.entries)


def main(data: Path, folder: Path) -> None:
    """Print the figures."""
    alone = train(SETTINGS, Inputs((data,)), folder / "alone").entries
    print(json.dumps([losses(alone), resharded(data, folder / "resharded")]))


if __name__ == "__main__":
    with jax.default_matmul_precision("highest"):
        main(Path(sys.argv[1]), Path(sys.argv[2]))
