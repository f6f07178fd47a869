"""Reading one item of an Orbax checkpoint, a few tensors at a time, straight into place."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import orbax.checkpoint as ocp  # type: ignore[import-untyped]

from gemsieve.model.checkpoints.placement import Array, Leaf, leaves, nested, shared_out, size_of
from gemsieve.model.checkpoints.placement import Path as Place
from gemsieve.model.gemma.transformer import Params

# Orbax reads all tensors of a call at once and holds each twice meanwhile: 1.6 times a model in
# one call, 1.1 to 1.2 in calls of this size (bench/NOTES.md).
_GROUP_BYTES = 2 * 2**20


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
    read: list[Leaf] = []
    for group in shared_out(leaves(like), _GROUP_BYTES, size_of):
        wanted = nested(group)
        restored = _restore(item, wanted, ocp.checkpoint_utils.construct_restore_args(wanted))
        read += leaves(restored)
    return nested(read)


def read_array(item: Path, keys: Place) -> Array:
    """Read one tensor as it is stored."""
    wanted = nested([(keys, 0)])
    restored = _restore(item, wanted, nested([(keys, ocp.RestoreArgs(restore_type=np.ndarray))]))
    return next(np.asarray(leaf) for _, leaf in leaves(restored))


def _restore(item: Path, wanted: Params, how: Params) -> Params:
    """Read some tensors of an item."""
    arguments = ocp.args.PyTreeRestore(item=wanted, restore_args=how, partial_restore=True)
    restored: Params = _handler().restore(item.absolute(), args=arguments)
    return restored


def _handler() -> ocp.PyTreeCheckpointHandler:
    """Return what reads an item; a checkpointer around it would look for the item's own steps."""
    return ocp.PyTreeCheckpointHandler()
