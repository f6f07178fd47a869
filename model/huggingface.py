"""Gemma 2 checkpoints in the form Hugging Face writes them: config.json and safetensors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gemsieve.model.config import GemmaConfig

Array = npt.NDArray[Any]

# Our name of a norm, and theirs.
_NORMS = {
    "pre_attention_norm": "input_layernorm",
    "post_attention_norm": "post_attention_layernorm",
    "pre_feed_forward_norm": "pre_feedforward_layernorm",
    "post_feed_forward_norm": "post_feedforward_layernorm",
}


def load_huggingface(folder: Path) -> tuple[GemmaConfig, dict[str, Any]]:
    """Read a folder with config.json and one or more *.safetensors files.

    Returns:
        The configuration, and parameters (NumPy arrays, float32) for `Transformer`.

    Raises:
        ValueError: The configuration is not Gemma 2's, or a tensor is absent or left over; the
            message names the folder and the key.
    """
    from safetensors.numpy import load_file

    config = read_config(folder / "config.json")
    tensors: dict[str, Array] = {}
    for shard in sorted(folder.glob("*.safetensors")):
        tensors.update(load_file(shard))
    try:
        params = from_huggingface(config, tensors.pop)
    except KeyError as error:
        raise ValueError(f"{folder}: tensor {error} is missing") from None
    tensors.pop("lm_head.weight", None)  # tied: some writers store the embedding twice
    if tensors:
        raise ValueError(f"{folder}: unexpected tensor {sorted(tensors)[0]!r}")
    return config, params


def read_config(path: Path) -> GemmaConfig:
    """Read config.json; the base of the rotary embeddings is spelled in two ways."""
    entries: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if entries.get("model_type") != "gemma2":
        raise ValueError(f"{path}: model_type is {entries.get('model_type')!r}, not 'gemma2'")
    rope = entries.get("rope_parameters") or entries
    try:
        return GemmaConfig(
            vocab_size=entries["vocab_size"],
            embed_dim=entries["hidden_size"],
            hidden_dim=entries["intermediate_size"],
            num_layers=entries["num_hidden_layers"],
            num_heads=entries["num_attention_heads"],
            num_kv_heads=entries["num_key_value_heads"],
            head_dim=entries["head_dim"],
            query_pre_attn_scalar=entries["query_pre_attn_scalar"],
            sliding_window=entries["sliding_window"],
            attn_logit_softcap=entries["attn_logit_softcapping"],
            final_logit_softcap=entries["final_logit_softcapping"],
            rope_base=rope["rope_theta"],
            norm_eps=entries["rms_norm_eps"],
            max_length=entries["max_position_embeddings"],
        )
    except KeyError as error:
        raise ValueError(f"{path}: {error} is missing") from None


def from_huggingface(config: GemmaConfig, take: Callable[[str], Array]) -> dict[str, Any]:
    """Arrange tensors as `Transformer` wants them; `take` gives one by its Hugging Face name.

    Kernels there are [out, in] with the heads folded into one axis; here they are [in, out] with
    heads apart.
    """
    params: dict[str, Any] = {
        "embedding": take("model.embed_tokens.weight"),
        "final_norm": {"scale": take("model.norm.weight")},
    }
    heads = {"q": config.num_heads, "k": config.num_kv_heads, "v": config.num_kv_heads}
    width = config.head_dim
    for index in range(config.num_layers):
        prefix = f"model.layers.{index}"
        attention = {
            name: take(f"{prefix}.self_attn.{name}_proj.weight").T.reshape(-1, count, width)
            for name, count in heads.items()
        }
        output = take(f"{prefix}.self_attn.o_proj.weight").T
        attention["o"] = output.reshape(config.num_heads, width, -1)
        params[f"layer_{index}"] = {
            "attention": attention,
            "feed_forward": {
                name: take(f"{prefix}.mlp.{name}_proj.weight").T for name in ("gate", "up", "down")
            },
            **{
                ours: {"scale": take(f"{prefix}.{theirs}.weight")}
                for ours, theirs in _NORMS.items()
            },
        }
    return {key: _float32(value) for key, value in params.items()}


def _float32(tree: Any) -> Any:  # noqa: ANN401 - a nest of dictionaries has no shorter type
    """Convert the leaves of a nest of dictionaries."""
    if isinstance(tree, dict):
        return {key: _float32(value) for key, value in tree.items()}
    return np.asarray(tree, np.float32)
