"""Weights in a quarter of the space: eight-bit whole numbers and a scale a channel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

SCALE = ".scale"
STEPS = 127
BY_ROW = ("embedding", "place")  # looked up by row; other matrices answer by column

Tree = dict[str, Any]


def write(params: Tree, file: Path) -> None:
    """Write matrices as int8, vectors as they are; the same parameters make the same bytes."""
    from safetensors.numpy import save

    stored: dict[str, np.ndarray] = {}
    for name, leaf in flat(params).items():
        if leaf.ndim < 2:
            stored[name] = leaf.astype(np.float32)
        else:
            stored[name], stored[name + SCALE] = rounded(leaf, axis_of(name))
    file.write_bytes(save(stored))


def read(file: Path) -> Tree:
    """Return the parameters in float32.

    Raises:
        FileNotFoundError: The file is not there.
    """
    from safetensors.numpy import load_file

    if not file.is_file():
        raise FileNotFoundError(f"{file.name}: the strong tier's weights are not in the package")
    stored = load_file(file)
    params: Tree = {}
    for name, leaf in stored.items():
        if not name.endswith(SCALE):
            *path, last = name.split("/")
            place = params
            for part in path:
                place = place.setdefault(part, {})
            scale = stored.get(name + SCALE)
            place[last] = leaf if scale is None else leaf.astype(np.float32) * scale
    return params


def rounded(matrix: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return whole numbers in -127..127 and the scale by which each channel is multiplied."""
    most = np.abs(matrix).max(axis=axis, keepdims=True)
    scale = (np.maximum(most, 1e-12) / STEPS).astype(np.float32)
    return np.rint(matrix / scale).astype(np.int8), scale


def axis_of(name: str) -> int:
    """Return the axis along which a matrix shares a scale."""
    return 1 if name.endswith(BY_ROW) else 0


def flat(tree: Tree, prefix: str = "") -> dict[str, np.ndarray]:
    """Return the leaves under their paths."""
    found: dict[str, np.ndarray] = {}
    for name, leaf in tree.items():
        if isinstance(leaf, dict):
            found |= flat(leaf, f"{prefix}{name}/")
        else:
            found[prefix + name] = np.asarray(leaf)
    return found
