"""`gemsieve convert --quantise` and `--to gguf`, and sampling from what they make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from gguf import GGUFReader, dequantize

from gemsieve.cli import main
from gemsieve.model.checkpoints.forms import load
from gemsieve.model.gemma.quantise import dequantise, quantise
from gemsieve.model.training.train import Summary


def equal(found: Any, expected: Any) -> None:
    """Assert that two trees hold equal numbers."""
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def convert(*arguments: str | Path) -> int:
    """Run `gemsieve convert`."""
    return main(["convert", *map(str, arguments)])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, finished: tuple[Path, Summary]) -> Path:
    """Return a run in 4 bits, in groups of 32 where they fit."""
    folder = tmp_path_factory.mktemp("small") / "int4"
    assert convert(finished[0], folder, "--to", "orbax", "--quantise", "int4") == 0
    return folder


def test_a_quantised_run_is_loaded_as_it_was_stored(
    small: Path, finished: tuple[Path, Summary], capsys: pytest.CaptureFixture[str]
) -> None:
    """Integers come back as they went, as floats where floats are asked for; custody stays."""
    run, loaded = load(finished[0]), load(small)
    expected = quantise(run.params, 4, 32)
    equal(loaded.params, expected)
    equal(load(small, "float32").params, dequantise(expected))
    assert loaded.about.manifest == run.about.manifest
    assert loaded.about.settings["quantised"] == {"bits": 4, "group": 32}
    assert main(["sample", str(small), "--unguarded", "--max-tokens", "4"]) == 0
    assert capsys.readouterr().out.strip()


def test_a_quantised_run_becomes_floats_again(small: Path, tmp_path: Path) -> None:
    """Hugging Face's form and a run of floats hold what the integers stand for."""
    expected = dequantise(load(small).params)
    for to in ("hf", "orbax"):
        assert convert(small, tmp_path / to, "--to", to) == 0
        made = load(tmp_path / to)
        equal(made.params, expected)
        assert "quantised" not in made.about.settings


def test_a_run_becomes_gguf(tmp_path: Path, finished: tuple[Path, Summary]) -> None:
    """The file holds the run's weights, its tokenizer and where it comes from."""
    run = load(finished[0])
    assert convert(finished[0], tmp_path / "m.gguf", "--to", "gguf") == 0
    reader = GGUFReader(tmp_path / "m.gguf")
    tensors = {t.name: dequantize(t.data, t.tensor_type) for t in reader.tensors}
    np.testing.assert_array_equal(tensors["token_embd.weight"], run.params["embedding"])
    assert run.about.manifest in reader.fields["gemsieve.about"].contents()
    smaller = tmp_path / "q8.gguf"
    assert convert(finished[0], smaller, "--to", "gguf", "--quantise", "int8") == 0
    assert smaller.stat().st_size < (tmp_path / "m.gguf").stat().st_size


def test_what_does_not_go_together_is_refused(
    tmp_path: Path, finished: tuple[Path, Summary], capsys: pytest.CaptureFixture[str]
) -> None:
    """Integers in Hugging Face's form, groups without integers, half floats in a run."""
    for options, words in (
        (["--to", "hf", "--quantise", "int8"], "holds floats"),
        (["--to", "orbax", "--group", "8"], "--group is of --quantise"),
        (["--to", "orbax", "--dtype", "float16"], "for GGUF only"),
    ):
        assert convert(finished[0], tmp_path / "made", *options) == 2
        assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
