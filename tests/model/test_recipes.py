"""Recipes for big devices: settings that a run takes, and that fit what they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from gemsieve.model.gemma.transformer import count_parameters
from gemsieve.model.training.settings import TrainSettings, read_settings

ROOT = Path(__file__).parents[2]
# Bytes that a program may have of each device (docs/scale.md).
MEMORY = {"2b-tpu": 15.75 * 2**30, "2b-gpu": 80e9}


def recipe(name: str) -> TrainSettings:
    """Return the settings of a recipe."""
    return read_settings(ROOT / f"configs/train/{name}.toml")


@pytest.mark.parametrize("name", MEMORY)
def test_a_recipe_fits_its_devices(name: str) -> None:
    """Rows divide over the mesh; a part of the state and a chunk's logits leave half free."""
    settings = recipe(name)
    mesh, how = settings.mesh, settings.execution
    shards = mesh.data * mesh.fsdp
    at_once, rest = divmod(settings.train.batch_size, how.accumulate)
    assert rest == 0
    assert at_once % shards == 0
    assert at_once == shards, "more rows at once than was compiled for"
    state = 16 * sum(count_parameters(settings.model)) / (mesh.fsdp * mesh.tensor)
    logits = 4 * settings.model.vocab_size * how.loss_tokens / shards / mesh.tensor
    assert state + 3 * logits < MEMORY[name] / 2


def test_the_page_uses_each_recipe() -> None:
    """Every recipe stands in a command of the page,."""
    page = (ROOT / "docs/scale.md").read_text()
    for name in MEMORY:
        assert f"gemsieve train configs/train/{name}.toml" in page
