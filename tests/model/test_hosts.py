from __future__ import annotations

import os
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.settings import settings_from
from gemsieve.model.training.train import train
from gemsieve.model.training.watching import metrics

CONFIG = """
[model]
size = "test"
vocab_size = 300
num_layers = 2
[data]
sequence_length = 32
held_out_every = 20
[optimizer]
warmup_steps = 2
learning_rate = 0.01
[train]
steps = 4
batch_size = 8
log_every = 1
evaluate_every = 4
checkpoint_every = 2
"""


def start(run: Path, data: Path, *more: str) -> subprocess.Popen[str]:
    """Start the command as one process with two devices."""
    flags = "--xla_force_host_platform_device_count=2"
    config = run.with_suffix(".toml")
    config.write_text(CONFIG, encoding="utf-8")
    command = [sys.executable, "-m", "gemsieve.cli", "train", str(config), "--data", str(data)]
    return subprocess.Popen(
        [*command, "--output", str(run), *more],
        env=os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def together(run: Path, data: Path, processes: int, mesh: str) -> list[str]:
    """Run processes to their end, and return what each printed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    common = ["--set", mesh, "--coordinator", place, "--processes", str(processes)]
    started = [start(run, data, *common, "--process", str(number)) for number in range(processes)]
    return [printed(process) for process in started]


def printed(process: subprocess.Popen[str]) -> str:
    """Return what a process printed, when it has ended well; the library of collectives talks."""
    told, complaint = process.communicate()
    assert process.returncode == 0, complaint
    return "".join(line for line in told.splitlines(True) if not line.startswith("[Gloo]"))


@pytest.mark.slow
def test_two_processes_are_one_run(tmp_path: Path, data: Path) -> None:
    """Two processes of two devices have one's losses; the first alone reports and writes metrics.

    One process, this, then finds their checkpoint whole.
    """
    alone, joined = tmp_path / "alone", tmp_path / "joined"
    settings = settings_from(tomllib.loads(CONFIG))
    train(settings, Inputs((data,)), alone)
    told = together(joined, data, 2, "mesh.fsdp=4")
    assert "perplexity" in told[0]
    assert told[1] == ""
    entries = [metrics.read(run) for run in (alone, joined)]
    assert [entry["step"] for entry in entries[1]] == [1, 2, 3, 4]
    for name in ("loss", "held_out_loss"):
        numbers = [[e[name] for e in of if name in e] for of in entries]
        np.testing.assert_allclose(numbers[1], numbers[0], rtol=0, atol=2e-5)
    summary = train(settings, Inputs((data,)), joined)
    assert (summary.steps, summary.resumed_from) == (4, 4)
