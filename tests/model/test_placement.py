from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from gemsieve.model.checkpoints.huggingface import Form, write_huggingface
from gemsieve.model.checkpoints.placement import abstract, leaves
from gemsieve.model.gemma.config import named

SCRIPT = Path(__file__).parent / "load_on_four_devices.py"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the peak")
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_reading_holds_a_model_once(tmp_path: Path, dtype: str) -> None:
    """Onto four devices, memory grows by little more than the model: not by the file as well."""
    config = replace(
        named("test"), vocab_size=16_000, embed_dim=1024, hidden_dim=2048, num_layers=2
    )
    rng = np.random.default_rng(0)
    params = jax.tree.map(lambda leaf: rng.random(leaf.shape, np.float32), abstract(config))
    write_huggingface(tmp_path / "ck", params, Form(config=config, dtype=dtype))
    command = [sys.executable, str(SCRIPT), str(tmp_path / "ck")]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)
    assert found["bytes"] > 50e6
    assert found["added"] < 1.25 * found["bytes"]
    assert found["piece"] == 1 / 4


def test_layers_are_in_the_order_of_their_numbers() -> None:
    """The tenth layer does not come before the second, as it would by its letters."""
    tree = {f"layer_{number}": {"scale": number} for number in range(12)}
    assert [leaf for _, leaf in leaves(tree)] == list(range(12))
