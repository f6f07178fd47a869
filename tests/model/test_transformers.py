"""Against Hugging Face's transformers, in an environment of its own (torch is large)."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
from tests.model.reference import loud_params

from gemsieve.model.checkpoints.huggingface import Form, open_huggingface, write_huggingface
from gemsieve.model.checkpoints.placement import abstract
from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.transformer import Transformer

SCRIPT = Path(__file__).parent / "by_transformers.py"
SMALL = named("test")
UNCAPPED = replace(SMALL, attn_logit_softcap=None, final_logit_softcap=None)
FORMS = {
    "one": Form(config=SMALL),
    "cut": Form(config=UNCAPPED, dtype="bfloat16", shard_bytes=20_000),
    "wide": Form(config=replace(SMALL, vocab_size=352, num_kv_heads=4, rope_base=500.0)),
}


@pytest.fixture(scope="module")
def there_and_back(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder a model, each written by us, read, run and written again by them."""
    if "GEMSIEVE_TRANSFORMERS" not in os.environ:
        pytest.skip("GEMSIEVE_TRANSFORMERS names no interpreter that has torch and transformers")
    root = tmp_path_factory.mktemp("transformers")
    for name, form in FORMS.items():
        write_huggingface(root / name / "ours", loud_params(form.config, seed=0), form)
        tokens = np.random.default_rng(1).integers(0, form.config.vocab_size, (2, 24))
        np.save(root / name / "tokens.npy", tokens)
    folders = [str(root / name) for name in FORMS]
    command = [os.environ["GEMSIEVE_TRANSFORMERS"], str(SCRIPT), *folders]
    subprocess.run(command, check=True, env=os.environ | {"CUDA_VISIBLE_DEVICES": ""})
    return root


@pytest.mark.parametrize("name", FORMS)
def test_round_trip(there_and_back: Path, name: str) -> None:
    """They read what we write, compute what we compute, and we read what they then write."""
    folder, config = there_and_back / name, FORMS[name].config
    params = open_huggingface(folder / "ours").read(abstract(config))
    logits, _ = Transformer(config).apply({"params": params}, np.load(folder / "tokens.npy"))
    np.testing.assert_allclose(logits, np.load(folder / "logits.npy"), atol=1e-4)
    back = open_huggingface(folder / "theirs")
    assert (back.config, back.dtype) == (config, FORMS[name].dtype)
    jax.tree.map(np.testing.assert_array_equal, back.read(abstract(config)), params)
