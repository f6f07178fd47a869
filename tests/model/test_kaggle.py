from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp  # type: ignore[import-untyped]
import pytest
from tests.model.reference import loud_params

from gemsieve.model.checkpoints.kaggle import open_kaggle
from gemsieve.model.checkpoints.placement import abstract
from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.transformer import Transformer

SCRIPT = Path(__file__).parent / "by_gemma.py"
SMALL = replace(named("test"), num_layers=2)
EQUAL_HEADS = replace(SMALL, num_kv_heads=SMALL.num_heads)


def published(
    config: GemmaConfig, params: dict[str, Any], *, turned: bool = False
) -> dict[str, Any]:
    """Write parameters as the reference implementation's published files hold them."""
    tree = {
        "transformer/embedder": {"input_embedding": params["embedding"]},
        "transformer/final_norm": {"scale": params["final_norm"]["scale"]},
    }
    for index in range(config.num_layers):
        layer = params[f"layer_{index}"]
        attention, feed = layer["attention"], layer["feed_forward"]
        q, k, v = (np.einsum("dnh->ndh", attention[name]) for name in "qkv")
        if config.num_heads == config.num_kv_heads:
            mixed = {"qkv_einsum": np.stack([q, k, v])}
        else:
            mixed = {"q_einsum": q, "kv_einsum": np.stack([k, v])}
        gates = np.stack([feed["gate"], feed["up"]])
        prefix = f"transformer/layer_{index}"
        tree |= {f"{prefix}/attn/{name}": {"w": array} for name, array in mixed.items()}
        tree |= {
            f"{prefix}/attn/attn_vec_einsum": {"w": attention["o"]},
            f"{prefix}/mlp/gating_einsum": {"w": np.einsum("cdf->cfd", gates) if turned else gates},
            f"{prefix}/mlp/linear": {"w": feed["down"]},
            f"{prefix}/pre_attention_norm": layer["pre_attention_norm"],
            f"{prefix}/post_attention_norm": layer["post_attention_norm"],
            f"{prefix}/pre_ffw_norm": layer["pre_feed_forward_norm"],
            f"{prefix}/post_ffw_norm": layer["post_feed_forward_norm"],
        }
    return tree


def nested(tree: dict[str, Any]) -> dict[str, Any]:
    """Nest flat keys all the way, the feed-forward matrices without the last name."""
    whole: dict[str, Any] = {}
    for path, leaf in tree.items():
        inner = whole
        *outer, last = path.split("/")
        for name in outer:
            inner = inner.setdefault(name, {})
        inner[last] = leaf["w"] if outer[-1] == "mlp" else leaf
    return whole


def save(folder: Path, tree: dict[str, Any], *, ocdbt: bool = True) -> Path:
    """Write a tree as Orbax does, in one database of tensors or with a folder for each."""
    ocp.PyTreeCheckpointer(use_ocdbt=ocdbt).save(folder, tree)
    return folder


def equal(folder: Path, config: GemmaConfig, params: dict[str, Any]) -> None:
    """Assert that a folder holds these parameters."""
    loaded = open_kaggle(folder, config).read(abstract(config))
    jax.tree.map(np.testing.assert_array_equal, loaded, params)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("config", [SMALL, EQUAL_HEADS], ids=["grouped", "joint"])
def test_reads_every_layout(tmp_path: Path, config: GemmaConfig, turned: bool) -> None:
    """Both layouts of gates, and queries with or without their keys and values, are told apart."""
    params = loud_params(config, seed=0)
    equal(save(tmp_path / "ck", published(config, params, turned=turned)), config, params)


@pytest.mark.parametrize("wrap", ["nested", "bare", "params"])
def test_reads_other_nestings(tmp_path: Path, wrap: str) -> None:
    """Nested names, without `transformer`, or under `params`, mean what the flat ones mean."""
    params = loud_params(SMALL, seed=0)
    tree = nested(published(SMALL, params))
    tree = {"nested": tree, "bare": tree["transformer"], "params": {"params": tree}}[wrap]
    equal(save(tmp_path / "ck", tree, ocdbt=wrap != "nested"), SMALL, params)


def test_keeps_the_stored_type(tmp_path: Path) -> None:
    """A checkpoint in bfloat16 is one, and reads as such or widened."""
    params = jax.tree.map(lambda leaf: leaf.astype("bfloat16"), loud_params(SMALL, seed=0))
    stored = open_kaggle(save(tmp_path / "ck", published(SMALL, params)), SMALL)
    assert stored.dtype == "bfloat16"
    for dtype in ("bfloat16", "float32"):
        loaded = stored.read(abstract(SMALL, dtype))
        jax.tree.map(np.testing.assert_array_equal, loaded, params)
        assert {leaf.dtype.name for leaf in jax.tree.leaves(loaded)} == {dtype}


def test_shapes_tell_the_size(tmp_path: Path) -> None:
    """A named size is recognised, whatever its rows; another must be given."""
    config = replace(named("test"), vocab_size=300)
    tree = published(config, loud_params(config, seed=0))
    assert open_kaggle(save(tmp_path / "ck", tree)).config == config
    folder = save(tmp_path / "other", published(SMALL, loud_params(SMALL, seed=0)))
    with pytest.raises(ValueError, match="2 layers of width 24 are none of the sizes"):
        open_kaggle(folder)


def test_refuses_what_does_not_fit(tmp_path: Path) -> None:
    """What is missing, left over, misshapen or ambiguous is named; what is no checkpoint too."""
    tree = published(SMALL, loud_params(SMALL, seed=0))
    strange = tree | {"transformer/lora": {"w": np.zeros(3)}}
    with pytest.raises(ValueError, match="unexpected tensor 'lora'"):
        open_kaggle(save(tmp_path / "strange", strange), SMALL)
    with pytest.raises(ValueError, match=r"attn_vec_einsum' is \(4, 8, 24\), .*\(2, 8, 24\)"):
        open_kaggle(save(tmp_path / "heads", tree), replace(SMALL, num_heads=2))
    del tree["transformer/layer_1/mlp/linear"]
    with pytest.raises(ValueError, match="'layer_1/mlp/linear' is missing"):
        open_kaggle(save(tmp_path / "missing", tree), SMALL)
    square = replace(SMALL, hidden_dim=SMALL.embed_dim)
    folder = save(tmp_path / "square", published(square, loud_params(square, seed=0)))
    with pytest.raises(ValueError, match="'layer_0/mlp/gating_einsum' is square"):
        open_kaggle(folder, square)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no Orbax checkpoint"):
        open_kaggle(tmp_path / "empty")


def test_computes_what_the_reference_computes(tmp_path: Path) -> None:
    """What google-deepmind's gemma writes, in three layouts, gives its logits here."""
    if "GEMSIEVE_GEMMA" not in os.environ:
        pytest.skip("GEMSIEVE_GEMMA names no interpreter that has google-deepmind's gemma")
    subprocess.run([os.environ["GEMSIEVE_GEMMA"], SCRIPT, tmp_path], check=True)
    for name, groups in (("grouped", 2), ("joint", 4), ("nested", 2)):
        config = replace(named("test"), num_kv_heads=groups)
        params = open_kaggle(tmp_path / name / "checkpoint", config).read(abstract(config))
        theirs = np.load(tmp_path / name / "logits.npz")
        logits, _ = Transformer(config).apply({"params": params}, theirs["tokens"])
        np.testing.assert_allclose(logits, theirs["logits"], atol=1e-4)
