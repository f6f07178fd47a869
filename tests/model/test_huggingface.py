from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from tests.model.oracle import oracles
from tests.model.reference import loud_params

from gemsieve.model.checkpoints.huggingface import (
    Form,
    load_huggingface,
    open_huggingface,
    write_huggingface,
)
from gemsieve.model.checkpoints.huggingface.config import read_config
from gemsieve.model.checkpoints.placement import abstract
from gemsieve.model.gemma.cache import empty_cache
from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.transformer import Transformer

ENTRIES = {
    "model_type": "gemma2",
    "vocab_size": 320,
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "query_pre_attn_scalar": 6,
    "sliding_window": 4,
    "attn_logit_softcapping": 50.0,
    "final_logit_softcapping": 30.0,
    "rms_norm_eps": 1e-6,
    "max_position_embeddings": 64,
}
TENSORS = {
    "input_layernorm": ("pre_attention_norm", "scale"),
    "post_attention_layernorm": ("post_attention_norm", "scale"),
    "pre_feedforward_layernorm": ("pre_feed_forward_norm", "scale"),
    "post_feedforward_layernorm": ("post_feed_forward_norm", "scale"),
    **{f"self_attn.{name}_proj": ("attention", name) for name in "qkvo"},
    **{f"mlp.{name}_proj": ("feed_forward", name) for name in ("gate", "up", "down")},
}


def foreign(params: dict[str, Any]) -> dict[str, Any]:
    """Write parameters as Hugging Face does: [out, in], the heads folded into one axis."""
    tensors = {
        "model.embed_tokens.weight": params["embedding"],
        "model.norm.weight": params["final_norm"]["scale"],
    }
    for index in range(3):
        for theirs, (part, name) in TENSORS.items():
            kernel = params[f"layer_{index}"][part][name]
            if name in "qkv":
                kernel = kernel.reshape(kernel.shape[0], -1)
            elif name == "o":
                kernel = kernel.reshape(-1, kernel.shape[-1])
            tensors[f"model.layers.{index}.{theirs}.weight"] = np.ascontiguousarray(kernel.T)
    return tensors


@pytest.mark.parametrize(
    "rope", [{"rope_theta": 10000.0}, {"rope_parameters": {"rope_theta": 10000.0}}], ids=str
)
def test_reads_what_hugging_face_writes(tmp_path: Path, rope: dict[str, Any]) -> None:
    """Both spellings of the rotary base and shards of tensors give our configuration and names."""
    params = loud_params(named("test"), seed=0)
    tensors = sorted(foreign(params).items())
    save_file(dict(tensors[::2]), tmp_path / "model-00001-of-00002.safetensors")
    save_file(dict(tensors[1::2]), tmp_path / "model-00002-of-00002.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({**ENTRIES, **rope}))
    config, loaded = load_huggingface(tmp_path)
    assert config == named("test")
    jax.tree.map(np.testing.assert_array_equal, loaded, params)


def test_missing_and_strange_tensors_are_named(tmp_path: Path) -> None:
    """A checkpoint with a tensor too few or too many, or of another model, is refused by name."""
    entries = {**ENTRIES, "rope_theta": 10000.0}
    (tmp_path / "config.json").write_text(json.dumps(entries))
    tensors = foreign(loud_params(named("test"), seed=0))
    save_file({**tensors, "lora.weight": np.zeros(3, np.float32)}, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"unexpected tensor 'lora\.weight'"):
        load_huggingface(tmp_path)
    del tensors["model.norm.weight"]
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"'model\.norm\.weight' is missing"):
        load_huggingface(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({**entries, "model_type": "llama"}))
    with pytest.raises(ValueError, match="model_type is 'llama'"):
        load_huggingface(tmp_path)


def test_reads_what_others_add(tmp_path: Path) -> None:
    """A classifier such as ShieldGemma has the same architecture and more keys."""
    more = {
        "architectures": ["Gemma2ForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "cache_implementation": "hybrid",
        "hidden_act": "gelu_pytorch_tanh",
        "hidden_activation": "gelu_pytorch_tanh",
        "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
        "rope_scaling": None,
        "rope_theta": 10000.0,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.42.4",
        "use_bidirectional_attention": None,
    }
    (tmp_path / "config.json").write_text(json.dumps({**ENTRIES, **more}))
    assert read_config(tmp_path / "config.json") == named("test")


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ({"hidden_activation": "silu"}, "hidden_activation is 'silu'"),
        ({"tie_word_embeddings": False}, "tie_word_embeddings is False"),
        ({"layer_types": ["full_attention"] * 3}, "layer_types is"),
        ({"use_bidirectional_attention": True}, "use_bidirectional_attention"),
        ({"rope_scaling": {"rope_type": "linear", "factor": 8.0}}, "rope_type is 'linear'"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1.0}}, "rope_type is 'yarn'"),
        ({"rope_theta": None}, "'rope_theta' is missing"),
        ({"head_dim": 7}, "head_dim must be even"),
        ({"sliding_window": None}, "'sliding_window' is missing"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_refuses_what_gemma_is_not(tmp_path: Path, entries: dict[str, Any], complaint: str) -> None:
    """What this code would compute otherwise than the model was trained is refused by its key."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**ENTRIES, "rope_theta": 10000.0, **entries}))
    with pytest.raises(ValueError, match=f"config.json: {complaint}"):
        read_config(path)


def test_writes_what_the_library_reads(tmp_path: Path) -> None:
    """What is written, read by safetensors itself, is each tensor under its name and turned."""
    params = loud_params(named("test"), seed=0)
    write_huggingface(tmp_path / "out", params, Form(config=named("test")))
    with safe_open(tmp_path / "out" / "model.safetensors", "numpy") as file:
        assert file.metadata()["format"] == "pt"
        found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    expected = foreign(params)
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        np.testing.assert_array_equal(found[name], tensor)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("shard_bytes", [1, 9_000, 10**9])
def test_comes_back_from_shards(tmp_path: Path, dtype: str, shard_bytes: int) -> None:
    """However it is cut, a model comes back equal, but for the rounding of the stored type."""
    params = loud_params(named("test"), seed=0)
    form = Form(config=named("test"), dtype=dtype, shard_bytes=shard_bytes, notes={"by": "us"})
    write_huggingface(tmp_path / "out", params, form)
    stored = open_huggingface(tmp_path / "out")
    assert (stored.config, stored.dtype) == (named("test"), dtype)
    assert stored.notes == {"by": "us", "format": "pt"}
    loaded = stored.read(abstract(named("test")))
    rounded = jax.tree.map(lambda leaf: leaf.astype(dtype).astype("float32"), params)
    jax.tree.map(np.testing.assert_array_equal, loaded, rounded)
    files = sorted((tmp_path / "out").glob("*.safetensors"))
    index = tmp_path / "out" / "model.safetensors.index.json"
    assert index.exists() == (len(files) > 1) == (shard_bytes < 10**9)
    if shard_bytes == 9_000:  # no file is larger, but for its header and a tensor that is
        assert max(file.stat().st_size for file in files[1:]) < 9_000 + 2_000
        files[1].unlink()
        with pytest.raises(ValueError, match=f"'{files[1].name}' is missing, which the index"):
            open_huggingface(tmp_path / "out")


def test_writes_whole_or_nothing(tmp_path: Path) -> None:
    """A folder that is there is left alone, and a write that fails leaves nothing."""
    params = loud_params(named("test"), seed=0)
    (tmp_path / "old").mkdir()
    with pytest.raises(ValueError, match="there already"):
        write_huggingface(tmp_path / "old", params, Form(config=named("test")))
    params["final_norm"]["scale"] = np.array(["no number"])
    with pytest.raises(ValueError, match="could not convert"):
        write_huggingface(tmp_path / "new", params, Form(config=named("test")))
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


@partial(jax.jit, static_argnums=0)
def forward(config: GemmaConfig, params: dict[str, Any], *inputs: Any) -> Any:
    """Call the model, compiled once for each shape."""
    return Transformer(config).apply({"params": params}, *inputs)


def hidden_states(config: GemmaConfig, params: dict[str, Any], tokens: Any) -> Any:
    """Return the embeddings and each block's output, the last one normalised."""
    (last, _), sown = Transformer(config).apply(
        {"params": params}, tokens, method="features", mutable=["intermediates"]
    )
    return np.stack([*sown["intermediates"]["hidden"][:-1], last])


def decoded(config: GemmaConfig, params: dict[str, Any], oracle: dict[str, Any]) -> Any:
    """Return the logits of cached decoding that is fed the oracle's tokens."""
    tokens, mask = oracle["decode/tokens"], oracle["decode/mask"]
    rows, steps = tokens.shape
    cache = empty_cache(config, rows, mask.shape[1] + steps, jnp.dtype("float32"))
    positions = np.maximum(np.cumsum(mask, 1) - 1, 0)
    logits, cache = forward(config, params, oracle["decode/prompt"], positions, mask, cache)
    seen, place = [logits[:, -1]], positions[:, -1:]
    for step in range(steps - 1):
        place = place + 1
        ones = np.ones_like(place)
        logits, cache = forward(config, params, tokens[:, step : step + 1], place, ones, cache)
        seen.append(logits[:, 0])
    return np.stack(seen, 1)


def test_agrees_with_the_oracle() -> None:
    """Logits, hidden states and cached decoding equal transformers' own."""
    for config, params, oracle in oracles():
        for name in ("left", "right", "packed"):
            segments = oracle[f"{name}/{'segments' if name == 'packed' else 'mask'}"]
            tokens, positions = oracle[f"{name}/tokens"], oracle[f"{name}/positions"]
            logits = np.asarray(forward(config, params, tokens, positions, segments)[0])
            real = segments > 0
            np.testing.assert_allclose(logits[real], oracle[f"{name}/logits"][real], atol=1e-4)
        tokens = oracle["full/tokens"]
        logits = forward(config, params, tokens)[0]
        np.testing.assert_allclose(logits, oracle["full/logits"], atol=1e-4)
        hidden = hidden_states(config, params, tokens)
        np.testing.assert_allclose(hidden, oracle["full/hidden"], atol=1e-4)
        np.testing.assert_allclose(
            decoded(config, params, oracle), oracle["decode/logits"], atol=1e-4
        )
