"""Putting parameters in place: each straight into its type and sharding, none held twice."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.sharding import parameters_over
from gemsieve.model.gemma.transformer import Params, initialise

Array = npt.NDArray[Any]
# The names of one parameter, from the outermost in: ("layer_0", "attention", "q").
Path = tuple[str, ...]
# A parameter, or what stands for one, under its names.
Leaf = tuple[Path, Any]

# So much of a file is in memory at once while it is copied.
_PIECE_BYTES = 16 * 2**20
# And so much of a model where it is read part by part.
_PART_BYTES = 64 * 2**20
# JAX on a CPU takes a buffer that starts at a multiple of this as it is, and copies any other.
_ALIGNMENT = 64


@dataclass(frozen=True)
class Stored:
    """A model on disk, whose parameters are not read yet.

    Attributes:
        config: Its shape.
        dtype: What its parameters are stored in.
        read: Gives the parameters in the shapes, types and shardings of a tree (`abstract`).
        notes: What the writer noted beside them.
    """

    config: GemmaConfig
    dtype: str
    read: Callable[[Params], Params]
    notes: dict[str, str]


def abstract(config: GemmaConfig, dtype: str = "float32") -> Params:
    """Return the shapes and types of a model's parameters, placed by `in_place`."""
    params: Params = in_place(
        jax.eval_shape(
            lambda: jax.tree.map(lambda leaf: leaf.astype(dtype), initialise(config, seed=0))
        )
    )
    return params


def in_place(shapes: Any) -> Any:  # noqa: ANN401 - any tree of shapes, returned in kind
    """Put parameters over the mesh in use (`jax.set_mesh`), or on the first device without one."""
    mesh = jax.sharding.get_mesh()
    if mesh.empty:
        return on_first_device(shapes)

    def placed(shape: Any, where: jax.sharding.NamedSharding) -> Any:  # noqa: ANN401 - as above
        return jax.ShapeDtypeStruct(shape.shape, shape.dtype, sharding=where)  # type: ignore[no-untyped-call]

    return jax.tree.map(placed, shapes, parameters_over(mesh, shapes))


def on_first_device(shapes: Any) -> Any:  # noqa: ANN401 - any tree of shapes, returned in kind
    """Put every shape of a tree on the first device, as Orbax must be told."""
    device = jax.sharding.SingleDeviceSharding(jax.devices()[0])

    def placed(shape: Any) -> Any:  # noqa: ANN401 - jax.ShapeDtypeStruct has no types
        return jax.ShapeDtypeStruct(shape.shape, shape.dtype, sharding=device)  # type: ignore[no-untyped-call]

    return jax.tree.map(placed, shapes)


def leaves(params: Params, outer: Path = ()) -> Iterator[Leaf]:
    """Yield the path and value of each parameter, layers by their number, not by their letters."""
    for name in sorted(params, key=_order):
        if isinstance(params[name], dict):
            yield from leaves(params[name], (*outer, name))
        else:
            yield (*outer, name), params[name]


def _order(name: str) -> tuple[str, int]:
    """Sort `layer_10` behind `layer_9`."""
    stem, _, number = name.rpartition("_")
    return (stem, int(number)) if number.isdigit() else (name, -1)


def nested(some: Iterable[Leaf]) -> Params:
    """Return the tree of some leaves, as `leaves` gives them."""
    tree: Params = {}
    for path, leaf in some:
        inner = tree
        for name in path[:-1]:
            inner = inner.setdefault(name, {})
        inner[path[-1]] = leaf
    return tree


def shared_out(
    some: Iterable[Leaf], limit: int, size: Callable[[Any], int]
) -> Iterator[list[Leaf]]:
    """Cut leaves into groups of at most `limit` bytes, in their order; a larger one is alone."""
    group: list[Leaf] = []
    filled = 0
    for path, leaf in some:
        if group and filled + size(leaf) > limit:
            yield group
            group, filled = [], 0
        group.append((path, leaf))
        filled += size(leaf)
    yield group


def in_parts(tree: Params) -> Iterator[Params]:
    """Cut a tree into trees of 64 MiB at most, in order; a larger tensor is alone.

    To read a model part by part: each call to read a part of an Orbax item reads all of what the
    item says of itself, too.
    """
    return map(nested, shared_out(leaves(tree), _PART_BYTES, size_of))


def size_of(leaf: Any) -> int:  # noqa: ANN401 - an array, or the shape of one
    """Return how many bytes a parameter takes."""
    return int(leaf.size * leaf.dtype.itemsize)


def fill(like: Params, view: Callable[[Path], Array], release: Callable[[], None]) -> Params:
    """Copy parameters to where `like` wants them.

    Args:
        like: The shapes, types and shardings.
        view: Gives one parameter of that shape, at best a view of a mapped file.
        release: Called when what was read of views so far need not stay in memory.
    """
    return nested((path, _placed(view(path), leaf, release)) for path, leaf in leaves(like))


def _placed(view: Array, like: Any, release: Callable[[], None]) -> jax.Array:  # noqa: ANN401
    """Copy those parts of one parameter that this process's devices hold."""

    def part(index: tuple[slice, ...] | None) -> Array:
        return _copied(view[index or ()], np.dtype(like.dtype), release)

    return jax.make_array_from_callback(like.shape, like.sharding, part)


def _copied(view: Array, dtype: np.dtype[Any], release: Callable[[], None]) -> Array:
    """Copy a view piece by piece along its outermost axis in the file."""
    whole = _aligned(view.shape, dtype)
    axis = int(np.argmax(view.strides))
    rows = max(1, _PIECE_BYTES * view.shape[axis] // max(1, view.nbytes))
    into, source = np.moveaxis(whole, axis, 0), np.moveaxis(view, axis, 0)
    for first in range(0, view.shape[axis], rows):
        into[first : first + rows] = source[first : first + rows]
        release()
    return whole


def _aligned(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an empty array that JAX on a CPU can use without a copy."""
    size = math.prod(shape) * dtype.itemsize
    raw = np.empty(size + _ALIGNMENT, np.uint8)
    first = -raw.ctypes.data % _ALIGNMENT
    return raw[first : first + size].view(dtype).reshape(shape)
