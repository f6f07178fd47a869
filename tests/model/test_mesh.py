from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import jax
import numpy as np
import pytest
from jax.sharding import AbstractMesh

from gemsieve.model.gemma.sharding import parameters_over
from gemsieve.model.gemma.transformer import initialise
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.settings import MeshSettings, TrainSettings
from gemsieve.model.training.step import fresh
from gemsieve.model.training.train import train

ROOT = Path(__file__).parents[2]
# The largest difference of a step's loss, in nats, that another order of sums makes here.
TOLERANCE = 2e-5


def simulated(devices: int) -> Mapping[str, str]:
    """Return an environment in which JAX sees so many devices."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    return os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}


def test_a_run_is_the_same_on_any_mesh(tmp_path: Path, data: Path) -> None:
    """Each step's loss is one device's: on 4 by FSDP, resumed on 2 by tensor, on 8 by data."""
    command = [sys.executable, "-m", "tests.model.train_on_devices", str(data), str(tmp_path)]
    done = subprocess.run(
        command, env=simulated(8), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    alone, resharded = json.loads(done.stdout)
    assert len(alone) == 7
    np.testing.assert_allclose(resharded, alone, rtol=0, atol=TOLERANCE)


def test_more_devices_than_there_are_are_refused_first(
    tmp_path: Path, settings: TrainSettings
) -> None:
    """A mesh that is too large is an error before data is read or anything is written."""
    mesh = MeshSettings(data=4, fsdp=128)
    large = dataclasses.replace(settings, mesh=mesh)
    with pytest.raises(ValueError, match="a mesh of 4 x 128 x 1 needs more devices than the"):
        train(large, Inputs((tmp_path / "absent",)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_muon_and_the_average_spread_too(settings: TrainSettings) -> None:
    """Of every matrix in a run's state, a device of 2 x 2 x 2 has an even part."""
    optimizer = dataclasses.replace(settings.optimizer, kind="muon", ema=0.5)
    modern = dataclasses.replace(settings, optimizer=optimizer)
    state = jax.eval_shape(lambda: fresh(modern, initialise(modern.model, 0)))
    mesh = AbstractMesh((2, 2, 2), ("data", "fsdp", "tensor"))
    leaves, places = jax.tree.leaves(state), jax.tree.leaves(parameters_over(mesh, state))
    parts = [
        np.prod(where.shard_shape(leaf.shape)) * 4 == leaf.size
        for leaf, where in zip(leaves, places, strict=True)
        if leaf.ndim > 1
    ]
    # Parameters, their average and Muon's mean of fourteen; Adam's two of the embedding.
    assert len(parts) == 15 + 15 + 14 + 2
    assert all(parts)
