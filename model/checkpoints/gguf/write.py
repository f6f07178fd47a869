"""Writing a model as llama.cpp reads it: one GGUF file, whole or not at all."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from gemsieve.model.checkpoints.gguf.vocabulary import vocabulary
from gemsieve.model.checkpoints.huggingface.names import as_theirs, their_name, their_shape
from gemsieve.model.checkpoints.placement import Array, leaves
from gemsieve.model.checkpoints.placement import Path as Place
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.quantised import Quantised
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.tokenizer import BOS, EOS, PAD, UNK, Tokenizer

if TYPE_CHECKING:
    from gguf import GGMLQuantizationType, GGUFWriter

# What matrices can be written in, and GGUF's name for a file of it.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "f32": "ALL_F32",
        "f16": "MOSTLY_F16",
        "bf16": "MOSTLY_BF16",
        "q8_0": "MOSTLY_Q8_0",
        "q4_0": "MOSTLY_Q4_0",
    }
)
# The number of layers by which llama.cpp knows the 27B, whose queries it scales otherwise.
_LAYERS_OF_27B = 46


@dataclass(frozen=True, kw_only=True)
class Form:
    """Say how a model is written.

    Attributes:
        config: Its shape.
        tokenizer: Its tokenizer.
        kind: What matrices are written in, a key of `KINDS`; norms are float32. In q8_0 and q4_0
            rows are cut into blocks of 32, and matrices whose rows cannot be are f16.
        notes: Written beside the architecture's values, as `gemsieve.KEY`.

    Raises:
        ValueError: `kind` is no such key, or the model lacks what llama.cpp takes for granted.
    """

    config: GemmaConfig
    tokenizer: Tokenizer
    kind: str = "f16"
    notes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")
        if None in {self.config.attn_logit_softcap, self.config.final_logit_softcap}:
            raise ValueError(
                "llama.cpp caps the logits of every Gemma 2; this model has no soft caps"
            )


def write_gguf(path: Path, params: Params, form: Form) -> None:
    """Write a model and its tokenizer to a new file; it appears whole or not at all.

    Parameters, floats of any type or quantised, are turned and written one by one.

    Raises:
        ValueError: There is something at `path` already, the tokenizer is larger than the
            embedding, or the model is not Gemma 2.
        ModuleNotFoundError: The package gguf is not installed.
    """
    from gguf import GGUFWriter

    form.config.require_gemma_2()
    if path.exists():
        raise ValueError(f"{path}: there already; name a new file")
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    writer = GGUFWriter(draft, "gemma2")
    _describe(writer, form)
    _add_vocabulary(writer, form)
    for key, value in form.notes.items():
        writer.add_string(f"gemsieve.{key}", value)
    try:
        _write_tensors(writer, params, form)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


def _describe(writer: GGUFWriter, form: Form) -> None:
    """Add what llama.cpp must know of the architecture."""
    from gguf import GGML_QUANT_VERSION, LlamaFileType

    config = form.config
    writer.add_file_type(LlamaFileType[KINDS[form.kind]])
    writer.add_quantization_version(GGML_QUANT_VERSION)
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_length)
    writer.add_embedding_length(config.embed_dim)
    writer.add_block_count(config.num_layers)
    writer.add_feed_forward_length(config.hidden_dim)
    writer.add_head_count(config.num_heads)
    writer.add_head_count_kv(config.num_kv_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.norm_eps)
    writer.add_rope_freq_base(config.rope_base)
    writer.add_sliding_window(config.sliding_window or 0)
    writer.add_attn_logit_softcapping(config.attn_logit_softcap or 0)
    writer.add_final_logit_softcapping(config.final_logit_softcap or 0)


def _add_vocabulary(writer: GGUFWriter, form: Form) -> None:
    """Add the tokens; llama.cpp calls byte-pair encoding by SentencePiece `llama`."""
    words = vocabulary(form.tokenizer, form.config.vocab_size)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(words.pieces)
    writer.add_token_scores(words.scores)
    writer.add_token_types(words.kinds)
    writer.add_pad_token_id(PAD)
    writer.add_eos_token_id(EOS)
    writer.add_bos_token_id(BOS)
    writer.add_unk_token_id(UNK)
    if form.tokenizer.turns:
        writer.add_eot_token_id(form.tokenizer.turns[1])
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(words.space_prefix)


def _write_tensors(writer: GGUFWriter, params: Params, form: Form) -> None:
    """Write the header, then each tensor as soon as it is turned."""
    from gguf import GGML_QUANT_SIZES, MODEL_ARCH, get_tensor_name_map
    from gguf.quants import quantize

    names = get_tensor_name_map(MODEL_ARCH.GEMMA2, form.config.num_layers)
    for place, leaf in leaves(params):
        shape = their_shape(place, leaf.shape)
        kind = _kind(shape, form.kind)
        block, width = GGML_QUANT_SIZES[kind]
        bytes_shape = (*shape[:-1], shape[-1] // block * width)
        name = names.get_name(their_name(place), (".weight",))
        writer.add_tensor_info(
            str(name), bytes_shape, np.dtype(np.uint8), math.prod(bytes_shape), raw_dtype=kind
        )
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for place, leaf in leaves(params):
            floats = _turned(place, leaf, form.config)
            data = quantize(floats, _kind(floats.shape, form.kind))
            writer.write_tensor_data(np.ascontiguousarray(data).view(np.uint8))
    finally:
        writer.close()


def _kind(shape: tuple[int, ...], wanted: str) -> GGMLQuantizationType:
    """Return the type of one tensor of a file whose matrices are of the wanted kind."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    if len(shape) == 1:
        return GGMLQuantizationType.F32
    kind = GGMLQuantizationType[wanted.upper()]
    return kind if shape[-1] % GGML_QUANT_SIZES[kind][0] == 0 else GGMLQuantizationType.F16


def _turned(place: Place, leaf: Any, config: GemmaConfig) -> Array:  # noqa: ANN401
    """Return a parameter as llama.cpp applies it, float32.

    It multiplies by a norm's scale, where we multiply by one plus it. It scales queries by their
    width (the 27B's by the share of the model's) and cannot be told otherwise: another scale goes
    into the weight.
    """
    ours = leaf.floats() if isinstance(leaf, Quantised) else leaf
    array = np.ascontiguousarray(as_theirs(place, np.asarray(ours)), np.float32)
    if place[-1] == "scale":
        return array + np.float32(1)
    if place[-1] == "q":
        large = config.num_layers == _LAYERS_OF_27B
        assumed = config.embed_dim // config.num_heads if large else config.head_dim
        return array * np.float32((assumed / config.query_pre_attn_scalar) ** 0.5)
    return array
