"""Writing a model as Hugging Face's libraries read it: whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from gemsieve.model.checkpoints.huggingface.config import config_entries, generation_entries
from gemsieve.model.checkpoints.huggingface.names import as_theirs, their_name, their_shape
from gemsieve.model.checkpoints.new_folder import new_folder
from gemsieve.model.checkpoints.placement import Leaf, leaves, shared_out
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.tokenizer import FILE_NAME, Tokenizer

# Their name of a type in a file, and the type.
_DTYPES: Mapping[str, tuple[str, np.dtype[Any]]] = {
    "float32": ("F32", np.dtype(np.float32)),
    "bfloat16": ("BF16", np.dtype(ml_dtypes.bfloat16)),
}
# As transformers cuts them.
SHARD_BYTES = 5_000_000_000


@dataclass(frozen=True, kw_only=True)
class Form:
    """Say how a model is written.

    Attributes:
        config: Its shape.
        dtype: What its parameters are stored in: `float32` or `bfloat16`.
        tokenizer: Written beside, where there is one.
        notes: Written into the headers of the tensors' files.
        shard_bytes: The most bytes of tensors in a file; a larger tensor has one of its own.

    Raises:
        ValueError: `dtype` is another.
    """

    config: GemmaConfig
    dtype: str = "float32"
    tokenizer: Tokenizer | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    shard_bytes: int = SHARD_BYTES

    def __post_init__(self) -> None:
        if self.dtype not in _DTYPES:
            raise ValueError(f"dtype must be one of {', '.join(_DTYPES)}, not {self.dtype!r}")


def write_huggingface(folder: Path, params: Params, form: Form) -> None:
    """Write config.json, generation_config.json, safetensors and the tokenizer to a new folder.

    It appears whole or not at all. Parameters, of any floating-point type, go to the files one by
    one, so memory holds one of them twice at most.

    Raises:
        ValueError: There is something at `folder` already, or the model is not Gemma 2.
    """
    form.config.require_gemma_2()
    with new_folder(folder) as draft:
        _write_json(draft / "config.json", config_entries(form.config, form.dtype))
        _write_json(draft / "generation_config.json", generation_entries())
        if form.tokenizer:
            form.tokenizer.write(draft / FILE_NAME)
        _write_shards(draft, list(leaves(params)), form)


def _write_shards(folder: Path, all_leaves: list[Leaf], form: Form) -> None:
    """Write the tensors, and an index where they take more than one file."""
    width = _DTYPES[form.dtype][1].itemsize
    shards = list(shared_out(all_leaves, form.shard_bytes, lambda leaf: int(leaf.size * width)))
    places: dict[str, str] = {}
    for number, shard in enumerate(shards, 1):
        name = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        name = name if len(shards) > 1 else "model.safetensors"
        _write_shard(folder / name, shard, form)
        places |= {their_name(path): name for path, _ in shard}
    if len(shards) > 1:
        total = width * sum(leaf.size for _, leaf in all_leaves)
        index = {"metadata": {"total_size": total}, "weight_map": places}
        _write_json(folder / "model.safetensors.index.json", index)


def _write_shard(path: Path, shard: list[Leaf], form: Form) -> None:
    """Write one safetensors file: length of the header, header (JSON), then the tensors.

    The library writes only what is in memory as a whole; this goes tensor by tensor.
    """
    kind, stored = _DTYPES[form.dtype]
    # transformers refuses a file that does not say whose tensors it holds.
    header: dict[str, Any] = {"__metadata__": {**form.notes, "format": "pt"}}
    end = 0
    for place, leaf in shard:
        start, end = end, end + leaf.size * stored.itemsize
        shape = list(their_shape(place, leaf.shape))
        header[their_name(place)] = {"dtype": kind, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the data is aligned
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for place, leaf in shard:
            theirs = as_theirs(place, np.asarray(leaf))
            file.write(np.ascontiguousarray(theirs, stored).view(np.uint8).data)
        file.flush()
        os.fsync(file.fileno())


def _write_json(path: Path, content: object) -> None:
    """Write a small file as the rest of the world does."""
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
