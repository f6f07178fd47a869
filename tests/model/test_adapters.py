"""Adapters alone on disk: named and shaped as PEFT has them, and the same model when read back."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tests.model.reference import logits_of, loud_params

from gemsieve.model.checkpoints.about import About, CheckpointError
from gemsieve.model.checkpoints.adapted import note_base
from gemsieve.model.checkpoints.adapters import CONFIG, TENSORS, read_adapters, write_adapters
from gemsieve.model.checkpoints.checkpoint import open_checkpoints, save
from gemsieve.model.checkpoints.convert import Wanted, convert
from gemsieve.model.checkpoints.forms import open_model
from gemsieve.model.checkpoints.huggingface import Form, write_huggingface
from gemsieve.model.checkpoints.origin import digest_of
from gemsieve.model.gemma.config import named
from gemsieve.model.training.tuning.lora import LoraSettings, attach, fresh_adapters, merge_back

SCRIPT = Path(__file__).parent / "by_peft.py"
MODEL = replace(named("test"), num_layers=2)
LORA = LoraSettings(rank=3, alpha=6.0)
PARAMS = loud_params(MODEL, seed=0)


@pytest.fixture(scope="module")
def numbers() -> dict[str, Any]:
    """Return adapters of every weight that have learned something."""
    rng = np.random.default_rng(2)
    fresh = jax.eval_shape(lambda: fresh_adapters(PARAMS, LORA, seed=0))
    learned: dict[str, Any] = jax.tree.map(
        lambda leaf: rng.normal(0, 0.1, leaf.shape).astype(np.float32), fresh
    )
    return learned


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, numbers: dict[str, Any]) -> Path:
    """Return a folder with a base, and adapters beside it."""
    root = tmp_path_factory.mktemp("adapters")
    write_huggingface(root / "base", PARAMS, Form(config=MODEL))
    start = {"parameters": digest_of(open_model(root / "base").stored)}
    tables = {"model": asdict(MODEL), "lora": asdict(LORA), "start": start}
    write_adapters(root / "ours", numbers, LORA, About(tables, "m", {"name": "p"}, "", "0"))
    return root


def test_names_and_axes_are_those_of_peft(place: Path, numbers: dict[str, Any]) -> None:
    """A half is [rank, inputs] or [outputs, rank] under its module's name, heads in one axis."""
    tensors = load_file(place / "ours" / TENSORS)
    assert len(tensors) == MODEL.num_layers * 7 * 2
    name = "base_model.model.model.layers.1.self_attn.o_proj.lora_{}.weight"
    ours = numbers["layer_1"]["attention"]["o"]
    np.testing.assert_array_equal(tensors[name.format("A")], ours["down"].reshape(-1, 3).T)
    np.testing.assert_array_equal(tensors[name.format("B")], ours["up"].reshape(3, -1).T)
    told = json.loads((place / "ours" / CONFIG).read_text())
    assert (told["r"], told["lora_alpha"], told["peft_type"]) == (3, 6.0, "LORA")
    assert told["target_modules"] == sorted(
        f"{kind}_proj" for kind in ("q", "k", "v", "o", "gate", "up", "down")
    )


def test_adapters_are_read_back_to_the_bit(place: Path, numbers: dict[str, Any]) -> None:
    """So are their settings, and where they come from."""
    read = read_adapters(place / "ours", MODEL)
    jax.tree.map(np.testing.assert_array_equal, read.numbers, numbers)
    assert (read.settings.rank, read.settings.scale) == (3, 2.0)
    assert read.about is not None
    assert read.about.manifest == "m"


def test_merged_into_their_base_they_are_one_model(
    tmp_path: Path, place: Path, numbers: dict[str, Any]
) -> None:
    """`convert --adapters` gives base and adapters together, and tells where both come from.

    Beside another model than theirs they are refused; those of strangers are taken, unverified.
    """
    convert(place / "base", tmp_path / "whole", Wanted(to="hf", adapters=place / "ours"))
    whole = open_model(tmp_path / "whole")
    assert whole.about.manifest == "m"
    expected = merge_back(attach(PARAMS, numbers, LORA.scale))
    jax.tree.map(np.testing.assert_array_equal, read_of(tmp_path / "whole"), expected)
    with pytest.raises(CheckpointError, match="beside another model"):
        convert(tmp_path / "whole", tmp_path / "no", Wanted(to="hf", adapters=place / "ours"))
    save_file(load_file(place / "ours" / TENSORS), stranger(tmp_path, place) / TENSORS)
    made = convert(place / "base", tmp_path / "x", Wanted(to="hf", adapters=tmp_path / "strange"))
    assert "PEFT" in (made.about.warning or "")


def test_a_run_of_adapters_gives_them_alone(
    tmp_path: Path, place: Path, numbers: dict[str, Any]
) -> None:
    """Its checkpoint's adapters are those files, byte for byte; a whole model has none to give."""
    about = read_adapters(place / "ours", MODEL).about
    assert about is not None
    run = tmp_path / "run"
    with open_checkpoints(run) as manager:
        save(manager, 3, jax.tree.map(jax.numpy.asarray, numbers), None, about)
    note_base(run, place / "base", about.settings["start"]["parameters"])
    made = convert(run, tmp_path / "alone", Wanted(to="peft"))
    assert made.parameters == sum(leaf.size for leaf in jax.tree.leaves(numbers))
    for name in (CONFIG, TENSORS):
        assert (tmp_path / "alone" / name).read_bytes() == (place / "ours" / name).read_bytes()
    with pytest.raises(ValueError, match="a whole model"):
        convert(place / "base", tmp_path / "none", Wanted(to="peft"))
    with pytest.raises(ValueError, match="leave other options out"):
        convert(run, tmp_path / "none", Wanted(to="peft", bits=8))


def read_of(folder: Path) -> dict[str, Any]:
    """Return a model's parameters."""
    from gemsieve.model.checkpoints.placement import abstract

    stored = open_model(folder).stored
    return stored.read(abstract(stored.config))


def stranger(tmp_path: Path, place: Path) -> Path:
    """Return a folder with the settings of adapters, and no tensors yet."""
    folder = tmp_path / "strange"
    folder.mkdir()
    (folder / CONFIG).write_text((place / "ours" / CONFIG).read_text())
    return folder


def without_half(tensors: dict[str, Any], told: dict[str, Any]) -> None:
    """Lose one half."""
    del tensors[next(name for name in tensors if "lora_B" in name)], told["lora_dropout"]


def of_another_rank(tensors: dict[str, Any], told: dict[str, Any]) -> None:
    """Say another rank than the tensors have."""
    assert tensors
    told["r"] = 4


def of_another_kind(tensors: dict[str, Any], told: dict[str, Any]) -> None:
    """Ask for what is not computed here."""
    assert tensors
    told["use_dora"] = True


def of_another_model(tensors: dict[str, Any], told: dict[str, Any]) -> None:
    """Name a layer that there is none of."""
    assert told
    name = next(iter(tensors))
    tensors[name.replace("layers.0", "layers.7").replace("layers.1", "layers.7")] = tensors[name]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without_half, "is missing, the other half of"),
        (of_another_rank, "by adapter_config.json and the model"),
        (of_another_kind, "use_dora is True, not False"),
        (of_another_model, "no adapter of such a model's"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, place: Path, change: Callable[[Any, Any], None], told: str
) -> None:
    """Half an adapter, a wrong shape, another kind or model: the error says where and what."""
    folder = stranger(tmp_path, place)
    tensors, config = load_file(place / "ours" / TENSORS), json.loads((folder / CONFIG).read_text())
    change(tensors, config)
    save_file(tensors, folder / TENSORS)
    (folder / CONFIG).write_text(json.dumps(config))
    with pytest.raises(ValueError, match=told) as error:
        read_adapters(folder, MODEL)
    assert str(folder) in str(error.value)


def test_peft_computes_and_writes_the_same(place: Path, numbers: dict[str, Any]) -> None:
    """It takes what we write, says what we say, and we read what it then writes."""
    python = os.environ.get("GEMSIEVE_TRANSFORMERS")
    if not python or subprocess.run([python, "-c", "import peft"], check=False).returncode:
        pytest.skip("GEMSIEVE_TRANSFORMERS names no interpreter that has torch, transformers, PEFT")
    tokens = np.random.default_rng(1).integers(0, MODEL.vocab_size, (1, 24))
    np.save(place / "tokens.npy", tokens)
    command = [python, str(SCRIPT), str(place)]
    subprocess.run(command, check=True, env=os.environ | {"CUDA_VISIBLE_DEVICES": ""})
    whole = jax.tree.map(np.asarray, merge_back(attach(PARAMS, numbers, LORA.scale)))
    logits = logits_of(MODEL, whole, list(map(int, tokens[0])))
    np.testing.assert_allclose(logits, np.load(place / "logits.npy")[0], atol=1e-4)
    read = read_adapters(place / "theirs", MODEL)
    jax.tree.map(np.testing.assert_array_equal, read.numbers, numbers)
    assert read.settings.scale == LORA.scale
