"""Reading what Hugging Face wrote: config.json and safetensors."""

from __future__ import annotations

from pathlib import Path

from gemsieve.model.checkpoints.huggingface.config import read_config
from gemsieve.model.checkpoints.huggingface.mapped import Mapped
from gemsieve.model.checkpoints.huggingface.names import as_ours, their_name, their_shape
from gemsieve.model.checkpoints.placement import Array, Stored, abstract, fill, leaves
from gemsieve.model.checkpoints.placement import Path as Place
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.transformer import Params

_EMBEDDING = their_name(("embedding",))


def load_huggingface(folder: Path, dtype: str = "float32") -> tuple[GemmaConfig, Params]:
    """Read a folder with config.json and one or more *.safetensors files, onto the first device.

    Raises:
        ValueError: As of `open_huggingface`.
    """
    stored = open_huggingface(folder)
    return stored.config, stored.read(abstract(stored.config, dtype))


def open_huggingface(folder: Path) -> Stored:
    """Open such a folder; parameters are read tensor by tensor when asked for.

    Raises:
        ValueError: The configuration is not Gemma 2's, or a tensor is absent, left over or of
            another shape than the configuration's; the message names the folder and the key.
    """
    config = read_config(folder / "config.json")
    mapped = Mapped(folder)
    _check(folder, config, mapped)

    def read(like: Params) -> Params:
        shapes = dict(leaves(like))

        def view(path: Place) -> Array:
            return as_ours(path, mapped.tensors[their_name(path)], shapes[path].shape)

        return fill(like, view, mapped.release)

    return Stored(config, str(mapped.tensors[_EMBEDDING].dtype), read, mapped.notes)


def _check(folder: Path, config: GemmaConfig, mapped: Mapped) -> None:
    """Refuse tensors that are not this configuration's."""
    unread = set(mapped.tensors) - {"lm_head.weight"}  # tied: some store the embedding twice
    for path, leaf in leaves(abstract(config)):
        name, wanted = their_name(path), their_shape(path, leaf.shape)
        if name not in mapped.tensors:
            raise ValueError(f"{folder}: tensor {name!r} is missing")
        found = mapped.tensors[name].shape
        if found != wanted:
            raise ValueError(f"{folder}: tensor {name!r} is {found}, by config.json {wanted}")
        unread.discard(name)
    if unread:
        raise ValueError(f"{folder}: unexpected tensor {min(unread)!r}")
