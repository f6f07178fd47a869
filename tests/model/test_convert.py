from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.model.reference import loud_params
from tests.model.test_kaggle import published, save

from gemsieve.cli import main
from gemsieve.model.checkpoints.about import CheckpointError
from gemsieve.model.checkpoints.convert import Wanted, convert, resized
from gemsieve.model.checkpoints.forms import load, open_model
from gemsieve.model.checkpoints.huggingface import Form, write_huggingface
from gemsieve.model.checkpoints.placement import abstract
from gemsieve.model.gemma.config import named
from gemsieve.model.tokenizer import Tokenizer
from gemsieve.model.training.train import Summary


def equal(found: Any, expected: Any) -> None:
    """Assert that two trees hold equal numbers."""
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_a_run_comes_back_through_both_forms(
    tmp_path: Path, finished: tuple[Path, Summary]
) -> None:
    """Run to Hugging Face to Orbax: parameters, tokenizer and chain of custody are the run's."""
    run = load(finished[0])
    convert(finished[0], tmp_path / "hf", Wanted(to="hf"))
    convert(tmp_path / "hf", tmp_path / "orbax", Wanted(to="orbax"))
    for folder in ("hf", "orbax"):
        made = load(tmp_path / folder)
        equal(made.params, run.params)
        assert (made.config, made.about) == (run.config, run.about)
        assert made.tokenizer.digest == run.tokenizer.digest
        assert made.about.warning is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hf", "orbax"]


@pytest.fixture(scope="module")
def kaggle(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Path:
    """Return a folder as one unpacks it: a checkpoint in bfloat16, its tokenizer beside."""
    folder = tmp_path_factory.mktemp("kaggle")
    params = jax.tree.map(lambda leaf: leaf.astype("bfloat16"), loud_params(named("test"), seed=0))
    save(folder / "gemma2-test", published(named("test"), params))
    tokenizer.write(folder / "tokenizer.model")
    return folder


@pytest.mark.parametrize("to", ["hf", "orbax"])
def test_a_foreign_model_says_that_nothing_vouches_for_it(
    tmp_path: Path, kaggle: Path, to: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kaggle's becomes a model to sample from, as stored, and is marked ever after."""
    assert main(["convert", str(kaggle), str(tmp_path / "made"), "--to", to]) == 0
    printed = capsys.readouterr()
    assert f"bfloat16, {named('test').vocab_size} rows" in printed.out
    assert "imported from Kaggle, for Flax, unverified" in printed.err
    made = load(tmp_path / "made")
    equal(made.params, open_model(kaggle).stored.read(abstract(named("test"), "bfloat16")))
    assert {leaf.dtype.name for leaf in jax.tree.leaves(made.params)} == {"bfloat16"}
    assert made.about.warning is not None
    arguments = [str(tmp_path / "made"), "--unguarded", "--max-tokens", "3"]
    assert main(["sample", *arguments]) == 0
    assert "unverified: no manifest says" in capsys.readouterr().err


def test_rows_are_added_and_cut(tmp_path: Path, kaggle: Path) -> None:
    """Rows that are added are zero; cut are those that no piece has, and type and rest stay."""
    convert(kaggle, tmp_path / "wide", Wanted(to="hf", vocab=352, dtype="float32"))
    convert(tmp_path / "wide", tmp_path / "narrow", Wanted(to="orbax", vocab=300))
    stored = open_model(kaggle).stored.read(abstract(named("test")))["embedding"]
    wide, narrow = load(tmp_path / "wide"), load(tmp_path / "narrow")
    assert (wide.config.vocab_size, narrow.config.vocab_size) == (352, 300)
    equal(wide.params["embedding"], jnp.pad(stored, ((0, 32), (0, 0))))
    equal(narrow.params["embedding"], stored[:300])


def test_rows_that_a_token_may_use_stay(tokenizer: Tokenizer) -> None:
    """Neither a piece's row is cut nor, where no tokenizer tells, one that is not zero."""
    embedding = jnp.ones((320, 2)).at[310:].set(0.0)
    with pytest.raises(ValueError, match="the tokenizer has 300 pieces"):
        resized(embedding, 299, tokenizer)
    assert resized(embedding, 300, tokenizer).shape == (300, 2)
    assert resized(embedding, 310, None).shape == (310, 2)
    with pytest.raises(ValueError, match="row 309 of the embedding is not zero"):
        resized(embedding, 309, None)


def test_refuses_what_it_cannot_do(
    tmp_path: Path, kaggle: Path, tokenizer: Tokenizer, capsys: pytest.CaptureFixture[str]
) -> None:
    """No model, a target that is there, another tokenizer or none: said, and nothing is written."""
    (tmp_path / "none").mkdir()
    target = tmp_path / "made"
    assert main(["convert", str(tmp_path / "none"), str(target), "--to", "hf"]) == 2
    assert "no checkpoint here" in capsys.readouterr().err
    assert main(["convert", str(kaggle), str(tmp_path / "none"), "--to", "hf"]) == 2
    assert "there already" in capsys.readouterr().err
    other = tmp_path / "other.model"
    other.write_bytes(tokenizer.content + b"\x12\x00")  # an empty field more: another file
    assert main(["convert", str(kaggle), str(target), "--to", "hf", "--tokenizer", str(other)]) == 2
    assert "this is another" in capsys.readouterr().err
    config = replace(named("test"), num_layers=1)
    write_huggingface(target, loud_params(config, seed=0), Form(config=config))
    with pytest.raises(CheckpointError, match=r"no tokenizer\.model beside it"):
        load(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "none", "other.model"]


def test_refuses_another_tokenizer_beside_a_model(
    tmp_path: Path, kaggle: Path, tokenizer: Tokenizer
) -> None:
    """A model whose tokenizer was swapped is not read, in either form."""
    for to in ("hf", "orbax"):
        convert(kaggle, tmp_path / to, Wanted(to=to))
        (tmp_path / to / "tokenizer.model").write_bytes(tokenizer.content + b"\x12\x00")
        with pytest.raises(CheckpointError, match="not the tokenizer"):
            load(tmp_path / to)
        shutil.rmtree(tmp_path / to)


@pytest.mark.parametrize("to", ["hf", "orbax"])
def test_a_tokenizer_may_come_later(
    tmp_path: Path, kaggle: Path, tokenizer: Tokenizer, to: str
) -> None:
    """A model converted without one is a model to sample from as soon as one is put beside it."""
    alone = kaggle / "gemma2-test"
    (kaggle / "tokenizer.model").rename(kaggle / "away")
    try:
        convert(alone, tmp_path / "made", Wanted(to=to))
    finally:
        (kaggle / "away").rename(kaggle / "tokenizer.model")
    with pytest.raises(CheckpointError, match=r"no tokenizer\.model beside it"):
        load(tmp_path / "made")
    tokenizer.write(tmp_path / "made" / "tokenizer.model")
    assert load(tmp_path / "made").tokenizer.digest == tokenizer.digest
