"""Tensors of safetensors files, as views of the mapped files."""

from __future__ import annotations

import json
import mmap
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_DTYPES: dict[str, np.dtype[Any]] = {
    "F32": np.dtype(np.float32),
    "F16": np.dtype(np.float16),
    "BF16": np.dtype(ml_dtypes.bfloat16),
}


class Mapped:
    """The tensors of the *.safetensors files of a folder, by name; nothing is read yet.

    Attributes:
        tensors: Read-only views.
        notes: What the files' headers note, where all note the same.

    Raises:
        ValueError: A file is cut, malformed or holds other than floating-point numbers, or a
            name stands in two; the message names file and tensor.
    """

    def __init__(self, folder: Path) -> None:
        self.tensors: dict[str, Array] = {}
        self._maps: list[mmap.mmap] = []
        noted = []
        for path in _shards(folder):
            found, notes = self._open(path)
            if twice := sorted(found.keys() & self.tensors.keys()):
                raise ValueError(f"{path}: tensor {twice[0]!r} stands in another file too")
            self.tensors |= found
            noted.append(notes)
        self.notes = noted[0] if all(notes == noted[0] for notes in noted) else {}

    def release(self) -> None:
        """Let go of what was read of the files; they are read again where it is asked for."""
        for mapped in self._maps:
            mapped.madvise(mmap.MADV_DONTNEED)

    def _open(self, path: Path) -> tuple[dict[str, Array], dict[str, str]]:
        """Map one file."""
        from safetensors import SafetensorError, safe_open

        try:
            # The library checks the header: sizes, offsets, types, the length of the file.
            with safe_open(path, framework="numpy"):
                pass
        except (SafetensorError, OSError) as error:
            raise ValueError(f"{path}: {error}") from None
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._maps.append(mapped)
        size = int.from_bytes(mapped[:8], "little")
        header: dict[str, Any] = json.loads(mapped[8 : 8 + size])
        notes = header.pop("__metadata__", {})
        return {name: _view(path, mapped, 8 + size, name, header[name]) for name in header}, notes


def _shards(folder: Path) -> list[Path]:
    """Return the files of a folder; all of those that its index lists must be there."""
    shards = sorted(folder.glob("*.safetensors"))
    index = folder / "model.safetensors.index.json"
    if index.exists():
        try:
            listed = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (KeyError, ValueError, AttributeError):
            raise ValueError(f"{index}: no index of tensors") from None
        if absent := sorted(listed - {shard.name for shard in shards}):
            raise ValueError(f"{folder}: {absent[0]!r} is missing, which the index lists")
        shards = [shard for shard in shards if shard.name in listed]
    if not shards:
        raise ValueError(f"{folder}: no *.safetensors here")
    return shards


def _view(path: Path, mapped: mmap.mmap, start: int, name: str, entry: dict[str, Any]) -> Array:
    """View one tensor of a mapped file whose data begins at `start`."""
    if entry["dtype"] not in _DTYPES:
        raise ValueError(
            f"{path}: tensor {name!r} is of type {entry['dtype']}, not {', '.join(_DTYPES)}"
        )
    offset = start + entry["data_offsets"][0]
    return np.ndarray(entry["shape"], _DTYPES[entry["dtype"]], mapped, offset)
