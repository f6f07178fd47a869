"""Writing a model as Hugging Face's libraries read it: whole or not at all."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from gemsieve.model.checkpoints.huggingface.config import config_entries, generation_entries
from gemsieve.model.checkpoints.huggingface.names import Array, as_theirs, their_name, their_shape
from gemsieve.model.checkpoints.new_folder import new_folder
from gemsieve.model.checkpoints.placement import Leaf, leaves, shared_out
from gemsieve.model.checkpoints.placement import Path as Place
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
    """Write one safetensors file."""

    def theirs(place: Place, leaf: Any) -> Array:  # noqa: ANN401 - an array of NumPy's or JAX's
        return as_theirs(place, np.asarray(leaf))

    tensors = {
        their_name(place): Tensor(their_shape(place, leaf.shape), partial(theirs, place, leaf))
        for place, leaf in shard
    }
    write_tensors(path, tensors, form.dtype, form.notes)


class Tensor(NamedTuple):
    """A tensor to write: its shape, and what gives it."""

    shape: tuple[int, ...]
    read: Callable[[], Array]


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], dtype: str, notes: Mapping[str, str]
) -> None:
    """Write a safetensors file: length of the header, header (JSON), then the tensors.

    The library writes only what is in memory as a whole, and notes in no order; this goes tensor by
    tensor, in theirs.

    Args:
        path: The file.
        tensors: By their names.
        dtype: What they are stored in, as of `Form`.
        notes: Written into the header.
    """
    kind, stored = _DTYPES[dtype]
    # transformers refuses a file that does not say whose tensors it holds.
    header: dict[str, Any] = {"__metadata__": {**notes, "format": "pt"}}
    end = 0
    for name, tensor in tensors.items():
        start, end = end, end + math.prod(tensor.shape) * stored.itemsize
        entry = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [start, end]}
        header[name] = entry
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the data is aligned
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor.read(), stored).view(np.uint8).data)
        file.flush()
        os.fsync(file.fileno())


def _write_json(path: Path, content: object) -> None:
    """Write a small file as the rest of the world does."""
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
