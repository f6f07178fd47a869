"""Reading one item of an Orbax checkpoint, a few tensors at a time, straight into place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orbax.checkpoint as ocp  # type: ignore[import-untyped]

from gemsieve.model.checkpoints.placement import Array, leaves
from gemsieve.model.checkpoints.placement import Path as Place
from gemsieve.model.gemma.transformer import Params

# Orbax reads all tensors of a call at once and holds each twice meanwhile: 1.6 times a model in
# one call, 1.1 to 1.2 in calls of this size (bench/NOTES.md).
_GROUP_BYTES = 2 * 2**20

Leaf = tuple[Place, Any]


class Found(NamedTuple):
    """What a stored tensor is."""

    shape: tuple[int, ...]
    dtype: str


def stored_shapes(item: Path) -> dict[Place, Found]:
    """Return the shape and type of each tensor by its keys.

    Raises:
        ValueError: The folder is no item of an Orbax checkpoint; the message names it.
    """
    try:
        tree = _handler().metadata(item.absolute()).tree
    except (ValueError, OSError, AttributeError) as error:
        raise ValueError(f"{item}: no Orbax checkpoint: {error}") from None
    return {keys: Found(leaf.shape, str(leaf.dtype)) for keys, leaf in leaves(tree)}


def read_params(item: Path, like: Params) -> Params:
    """Read parameters in the shapes, types and shardings of `like`.

    Raises:
        ValueError: A tensor is absent or of another shape; the message names folder and tensor.
    """
    found = stored_shapes(item)
    for keys, leaf in leaves(like):
        if keys not in found:
            raise ValueError(f"{item}: tensor {'/'.join(keys)!r} is missing")
        if found[keys].shape != leaf.shape:
            raise ValueError(
                f"{item}: tensor {'/'.join(keys)!r} is {found[keys].shape},"
                f" by the configuration {leaf.shape}"
            )
    params: Params = {}
    for group in _groups(leaves(like)):
        wanted = _nested(group)
        restored = _restore(item, wanted, ocp.checkpoint_utils.construct_restore_args(wanted))
        for keys, leaf in leaves(restored):
            _put(params, keys, leaf)
    return params


def read_array(item: Path, keys: Place) -> Array:
    """Read one tensor as it is stored."""
    wanted = _nested([(keys, 0)])
    restored = _restore(item, wanted, _nested([(keys, ocp.RestoreArgs(restore_type=np.ndarray))]))
    return next(np.asarray(leaf) for _, leaf in leaves(restored))


def _restore(item: Path, wanted: Params, how: Params) -> Params:
    """Read some tensors of an item."""
    arguments = ocp.args.PyTreeRestore(item=wanted, restore_args=how, partial_restore=True)
    restored: Params = _handler().restore(item.absolute(), args=arguments)
    return restored


def _handler() -> ocp.PyTreeCheckpointHandler:
    """Return what reads an item; a checkpointer around it would look for the item's own steps."""
    return ocp.PyTreeCheckpointHandler()


def _groups(all_leaves: Iterable[Leaf]) -> Iterator[list[Leaf]]:
    """Cut parameters into groups of at most `_GROUP_BYTES`; a larger one is alone."""
    group: list[Leaf] = []
    filled = 0
    for path, leaf in all_leaves:
        size = leaf.size * leaf.dtype.itemsize
        if group and filled + size > _GROUP_BYTES:
            yield group
            group, filled = [], 0
        group.append((path, leaf))
        filled += size
    yield group


def _nested(group: Iterable[Leaf]) -> Params:
    """Return a tree of some leaves."""
    tree: Params = {}
    for keys, leaf in group:
        _put(tree, keys, leaf)
    return tree


def _put(tree: Params, keys: Place, leaf: object) -> None:
    """Set one leaf of a tree."""
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
    tree[keys[-1]] = leaf
