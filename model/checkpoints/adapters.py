"""Adapters alone, as Hugging Face's PEFT writes and reads them: a small JSON file and safetensors.

There a weight's adapter is `lora_A` [rank, inputs] and `lora_B` [outputs, rank], with heads folded
into one axis, under the module's name in `Gemma2ForCausalLM`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gemsieve.model.checkpoints.about import About, noted, read_note
from gemsieve.model.checkpoints.checkpoint import model_item
from gemsieve.model.checkpoints.forms import Opened, open_model
from gemsieve.model.checkpoints.huggingface.mapped import Array, Mapped
from gemsieve.model.checkpoints.huggingface.names import their_name
from gemsieve.model.checkpoints.huggingface.write import Tensor, write_tensors
from gemsieve.model.checkpoints.new_folder import new_folder
from gemsieve.model.checkpoints.orbax_item import read_params, stored_shapes
from gemsieve.model.checkpoints.placement import Path as Place
from gemsieve.model.checkpoints.placement import abstract, leaves, nested, on_first_device
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.quantise import SUMMED
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.training.tuning.lora import TARGETS, LoraSettings

CONFIG, TENSORS = "adapter_config.json", "adapter_model.safetensors"
_OUTER = "base_model.model."
# Our half of an adapter, and theirs.
_HALVES = {"down": "lora_A", "up": "lora_B"}
# What adapters are here, where PEFT's could be otherwise.
_FIXED: Mapping[str, Any] = MappingProxyType(
    {
        "peft_type": "LORA",
        "bias": "none",
        "fan_in_fan_out": False,
        "use_dora": False,
        "use_rslora": False,
        "lora_bias": False,
        "modules_to_save": None,
        "rank_pattern": {},
        "alpha_pattern": {},
    }
)


@dataclass(frozen=True)
class Read:
    """Hold adapters that were read.

    Attributes:
        numbers: `down` [*inputs, rank] and `up` [rank, *outputs], float32, under the path of each
            weight they are for, as `lora.attach` takes them.
        settings: Their rank, alpha and targets, and what was rounded beside them.
        about: Where they come from, if a run of ours made them.
    """

    numbers: Params
    settings: LoraSettings
    about: About | None


def write_adapters(folder: Path, numbers: Params, settings: LoraSettings, about: About) -> None:
    """Write adapters to a new folder, which appears whole or not at all.

    Args:
        folder: The new folder.
        numbers: As of `Read`.
        settings: Those they were trained with.
        about: Where they come from, noted in the header of the tensors' file.

    Raises:
        ValueError: There is something at `folder` already.
    """
    tensors = {}
    for path, leaf in leaves(numbers):
        theirs = _as_theirs(np.asarray(leaf), path[-1])
        tensors[_name(path[:-1], path[-1])] = Tensor(theirs.shape, partial(np.asarray, theirs))
    targets = sorted({f"{path[-2]}_proj" for path, _ in leaves(numbers)})
    config = {
        **_FIXED,
        "base_model_name_or_path": None,
        "inference_mode": True,
        "init_lora_weights": True,
        "lora_alpha": settings.alpha,
        "lora_dropout": 0.0,
        "r": settings.rank,
        "target_modules": targets,
        "task_type": "CAUSAL_LM",
    }
    with new_folder(folder) as draft:
        write_tensors(draft / TENSORS, tensors, "float32", noted(about))
        text = json.dumps(config, indent=2, sort_keys=True) + "\n"
        (draft / CONFIG).write_text(text, encoding="utf-8")


def export_adapters(run: Path, target: Path, at: str = "last") -> tuple[Opened, int]:
    """Write the adapters of a run that trained such; return the model, and how many numbers.

    Args:
        run: The run's folder.
        target: A new folder.
        at: Which checkpoint, as of `open_model`.

    Raises:
        CheckpointError: There is no such checkpoint, or no model under its adapters.
        ValueError: It holds a whole model, or there is something at `target` already.
    """
    opened = open_model(run, at=at)
    item = model_item(run, opened.step)
    shapes = stored_shapes(item) if item.is_dir() else {}
    if not shapes or ("embedding",) in shapes:
        raise ValueError(f"{run}: a whole model; adapters are of a run with lora.rank above 0")
    like = nested(
        (path, jax.ShapeDtypeStruct(found.shape, found.dtype))  # type: ignore[no-untyped-call]
        for path, found in shapes.items()
    )
    numbers = read_params(item, on_first_device(like))
    settings = LoraSettings(**opened.about.settings["lora"])
    write_adapters(target, numbers, settings, opened.about)
    return opened, sum(leaf.size for _, leaf in leaves(numbers))


def read_adapters(folder: Path, config: GemmaConfig) -> Read:
    """Read adapters for a model of this shape; of any floating type, in any of its layers.

    Raises:
        ValueError: They are no adapters of this kind, or not for such a model; the message names
            the file and the key or the tensor.
    """
    rank, alpha = _read_config(folder / CONFIG)
    mapped = Mapped(folder)
    shapes = {path: leaf.shape for path, leaf in leaves(abstract(config)) if path[-1] in TARGETS}
    known = {_name(path, half): (path, half) for path in shapes for half in _HALVES}
    if strange := sorted(mapped.tensors.keys() - known.keys()):
        raise ValueError(f"{folder}: tensor {strange[0]!r} is no adapter of such a model's")
    found = {}
    for name, tensor in mapped.tensors.items():
        path, half = known[name]
        other = _name(path, "up" if half == "down" else "down")
        if other not in mapped.tensors:
            raise ValueError(f"{folder}: tensor {other!r} is missing, the other half of {name!r}")
        wanted = _shape(path, half, shapes[path], rank)
        flat = _flat_shape(half, wanted)
        if tensor.shape != flat[::-1]:
            raise ValueError(
                f"{folder}: tensor {name!r} is {tensor.shape}, by {CONFIG} and the model"
                f" {flat[::-1]}"
            )
        found[*path, half] = jnp.asarray(tensor.T.reshape(wanted), jnp.float32)
    targets = ",".join(sorted({path[-2] for path in found}))
    about = read_note(folder, mapped.notes)
    bits = about.settings["lora"]["base_bits"] if about else None
    settings = LoraSettings(rank=rank, alpha=alpha, targets=targets, base_bits=bits)
    return Read(nested(found.items()), settings, about)


def _read_config(path: Path) -> tuple[int, float]:
    """Return rank and alpha.

    Raises:
        ValueError: The file is malformed, or says what this code does not do.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        for key, wanted in _FIXED.items():
            told = entries.get(key)
            if (told or None) != (wanted or None):
                raise ValueError(f"{key} is {told!r}, not {wanted!r}")
        return int(entries["r"]), float(entries["lora_alpha"])
    except KeyError as error:
        raise ValueError(f"{path}: {error} is missing") from None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: {error}") from None


def _name(path: Place, half: str) -> str:
    """Return what PEFT calls half an adapter of a weight."""
    return f"{_OUTER}{their_name(path).removesuffix('weight')}{_HALVES[half]}.weight"


def _shape(path: Place, half: str, weight: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Return the shape of our half of a weight's adapter."""
    inputs = len(SUMMED[path[-1]])
    return (*weight[:inputs], rank) if half == "down" else (rank, *weight[inputs:])


def _flat_shape(half: str, shape: tuple[int, ...]) -> tuple[int, int]:
    """Return a half's shape with all inputs, or all outputs, in one axis."""
    if half == "down":
        return math.prod(shape[:-1]), shape[-1]
    return shape[0], math.prod(shape[1:])


def _as_theirs(ours: Array, half: str) -> Array:
    """View our half as theirs."""
    return ours.reshape(_flat_shape(half, ours.shape)).T
