from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from math import prod
from pathlib import Path

import jax
import pytest
from jax.sharding import AbstractMesh

from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.sharding import make_mesh, parameters_over, partition
from gemsieve.model.gemma.transformer import initialise
from gemsieve.model.training.optimizer import OptimizerSettings, make_optimizer

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("path", "shape", "expected"),
    [
        ("embedding", (256_128, 2304), ("tensor", "fsdp")),
        ("layer_3/attention/q", (2304, 8, 256), ("fsdp", "tensor", None)),
        ("layer_3/attention/k", (2304, 4, 256), ("fsdp", None, None)),
        ("layer_3/attention/o", (8, 256, 2304), ("tensor", None, "fsdp")),
        ("layer_3/feed_forward/down", (9216, 2304), ("tensor", "fsdp")),
        ("layers/feed_forward/down", (13, 9216, 2304), (None, "tensor", "fsdp")),
        ("final_norm/scale", (2304,), (None,)),
        ("layer_3/attention/q/up", (16, 8, 256), (None, "tensor", None)),
        ("layer_3/attention/o/down", (8, 256, 16), ("tensor", None, None)),
        ("layer_3/attention/o/up", (16, 2304), (None, "fsdp")),
        ("layer_3/feed_forward/down/down", (9216, 16), ("tensor", None)),
        ("layer_3/feed_forward/gate", (2300, 9216), (None, "tensor")),
    ],
)
def test_each_parameter_has_its_axes(
    path: str, shape: tuple[int, ...], expected: tuple[str | None, ...]
) -> None:
    """Heads, hidden units and vocabulary go over `tensor`, the width over `fsdp`, where even.

    An adapter's halves are cut as their weight's inputs and outputs are.
    """
    spec = partition(path.split("/"), shape, {"data": 2, "fsdp": 64, "tensor": 8})
    assert tuple(spec) == expected


def test_an_unknown_parameter_is_an_error() -> None:
    """A name without a rule is refused, not silently copied to every device."""
    with pytest.raises(ValueError, match="no rule for spreading layer_0/bias of shape"):
        partition(["layer_0", "bias"], (8,), {"data": 1, "fsdp": 2, "tensor": 1})


@pytest.mark.parametrize(
    ("size", "data", "fsdp", "tensor"), [("2b", 2, 256, 1), ("9b", 2, 512, 4), ("27b", 1, 768, 8)]
)
def test_a_training_state_spreads_evenly(size: str, data: int, fsdp: int, tensor: int) -> None:
    """On the report's numbers of chips no matrix, nor AdamW's memory of one, stays whole."""
    shapes = jax.eval_shape(lambda: initialise(replace(named(size), num_layers=2), seed=0))
    memory = jax.eval_shape(make_optimizer(OptimizerSettings(), 10).init, shapes)
    state = {"params": shapes, "optimizer": memory}
    mesh = AbstractMesh((data, fsdp, tensor), ("data", "fsdp", "tensor"))
    placed = jax.tree.leaves(parameters_over(mesh, state))
    matrices = [
        (leaf.shape, where)
        for leaf, where in zip(jax.tree.leaves(state), placed, strict=True)
        if len(leaf.shape) > 1
    ]
    here = sum(prod(where.shard_shape(shape)) for shape, where in matrices)
    assert here * fsdp * tensor == sum(prod(shape) for shape, _ in matrices)


def test_too_few_devices_is_an_error() -> None:
    """A mesh is never made smaller in silence."""
    with pytest.raises(ValueError, match="a mesh of 1 x 512 x 1 needs more devices than"):
        make_mesh(1, 512, 1)


def test_a_spread_model_is_the_same_model() -> None:
    """On 2 x 2 x 2 devices cached logits equal those on one; of gradients `test_mesh` tells."""
    more = {
        "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "tests.model.on_eight_devices"]
    done = subprocess.run(
        command, env=os.environ | more, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["share"] == 1 / 4
    assert told["decoding"] < 1e-4
