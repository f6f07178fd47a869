"""config.json and generation_config.json, as transformers 4 and 5 read and write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.tokenizer import BOS, EOS, PAD

_TOKENS = {"pad_token_id": PAD, "eos_token_id": EOS, "bos_token_id": BOS}
# Our field, and theirs.
_FIELDS = {
    "vocab_size": "vocab_size",
    "embed_dim": "hidden_size",
    "hidden_dim": "intermediate_size",
    "num_layers": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "num_kv_heads": "num_key_value_heads",
    "head_dim": "head_dim",
    "query_pre_attn_scalar": "query_pre_attn_scalar",
    "sliding_window": "sliding_window",
    "attn_logit_softcap": "attn_logit_softcapping",
    "final_logit_softcap": "final_logit_softcapping",
    "norm_eps": "rms_norm_eps",
    "max_length": "max_position_embeddings",
}
# What Gemma 2 is, where they could say otherwise.
_FIXED: Mapping[str, Any] = {
    "model_type": "gemma2",
    "hidden_activation": "gelu_pytorch_tanh",
    "attention_bias": False,
    "tie_word_embeddings": True,
}


def read_config(path: Path) -> GemmaConfig:
    """Read config.json; the base of the rotary embeddings is spelled in two ways.

    Raises:
        ValueError: It is not Gemma 2's, or says what this code does not do; the message names the
            file and the key.
    """
    try:
        entries: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: {error}") from None
    for key, value in {**_FIXED, "layer_types": None}.items():
        wanted = _layer_types(entries.get("num_hidden_layers", 0)) if value is None else value
        if key == "model_type" or entries.get(key) is not None:
            _same(path, key, entries.get(key), wanted)
    if entries.get("use_bidirectional_attention"):
        raise ValueError(f"{path}: use_bidirectional_attention is set; tokens here look back only")
    try:
        fields = {ours: _value(entries, theirs) for ours, theirs in _FIELDS.items()}
        return GemmaConfig(**fields, rope_base=_rope_base(path, entries))
    except KeyError as error:
        raise ValueError(f"{path}: {error} is missing") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None


def _same(path: Path, key: str, found: object, wanted: object) -> None:
    """Refuse a value that this code does not do."""
    if found != wanted:
        raise ValueError(f"{path}: {key} is {found!r}, not {wanted!r}")


def _rope_base(path: Path, entries: Mapping[str, Any]) -> float:
    """Return `rope_theta`; positions must not be scaled."""
    rope = entries.get("rope_parameters") or entries
    for table in (entries.get("rope_parameters"), entries.get("rope_scaling")):
        kind = (table or {}).get("rope_type", (table or {}).get("type", "default"))
        _same(path, "rope_type", kind, "default")
    return float(_value(rope, "rope_theta"))


def _value(entries: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401 - as JSON has it
    """Return a value; only the caps may be null."""
    if entries[key] is None and not key.endswith("softcapping"):
        raise KeyError(key)
    return entries[key]


def _layer_types(layers: int) -> list[str]:
    """Return the kind of each layer: local first, then in turn."""
    return [("sliding_attention", "full_attention")[index % 2] for index in range(layers)]


def config_entries(config: GemmaConfig, dtype: str) -> dict[str, Any]:
    """Return the content of config.json, with both spellings where the two versions differ."""
    entries = {theirs: _typed(ours, getattr(config, ours)) for ours, theirs in _FIELDS.items()}
    return {
        "architectures": ["Gemma2ForCausalLM"],
        **_FIXED,
        **_TOKENS,
        **entries,
        "attention_dropout": 0.0,
        "initializer_range": 0.02,
        "layer_types": _layer_types(config.num_layers),
        "use_cache": True,
        "rope_theta": float(config.rope_base),
        "rope_parameters": {"rope_theta": float(config.rope_base), "rope_type": "default"},
        "torch_dtype": dtype,
        "dtype": dtype,
    }


def _typed(field: str, value: float | None) -> float | None:
    """Return a value of the type that transformers insists on: whole, but for caps and epsilon."""
    if value is None:
        return None
    if field in {"attn_logit_softcap", "final_logit_softcap", "norm_eps"}:
        return float(value)
    return int(value) if value == int(value) else value


def generation_entries() -> dict[str, Any]:
    """Return the content of generation_config.json."""
    return dict(_TOKENS)
