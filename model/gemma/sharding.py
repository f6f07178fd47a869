"""How parameters, batches and caches spread over the devices of a mesh."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import jax
from jax.experimental.mesh_utils import create_device_mesh
from jax.sharding import AbstractMesh, AxisType, Mesh, NamedSharding, PartitionSpec

# The axes of every mesh. Rows of a batch are cut over `data` and `fsdp`; over `fsdp` also one axis
# of each matrix (ZeRO-3, arXiv 1910.02054: a layer's weights are gathered where they are used);
# over `tensor` heads, hidden units and the vocabulary (arXiv 1909.08053: one sum after each half of
# a block).
DATA, FSDP, TENSOR = "data", "fsdp", "tensor"

# What each axis of an array goes over: nothing, one axis of the mesh, or several.
Axes = tuple[str | tuple[str, ...] | None, ...]

# By the last name of a parameter's path, the mesh's axis of each of its own axes.
_RULES: dict[str, Axes] = {
    "embedding": (TENSOR, FSDP),
    "q": (FSDP, TENSOR, None),
    "k": (FSDP, TENSOR, None),
    "v": (FSDP, TENSOR, None),
    "o": (TENSOR, None, FSDP),
    "gate": (FSDP, TENSOR),
    "up": (FSDP, TENSOR),
    "down": (TENSOR, FSDP),
    "scale": (None,),
}


def make_mesh(data: int, fsdp: int, tensor: int, devices: Sequence[Any] | None = None) -> Mesh:
    """Return a mesh of the first `data * fsdp * tensor` devices, by default of this machine's.

    Raises:
        ValueError: There are fewer devices.
    """
    devices = jax.devices() if devices is None else devices
    shape = (data, fsdp, tensor)
    if len(devices) < math.prod(shape):
        words = " x ".join(map(str, shape))
        raise ValueError(f"a mesh of {words} needs more devices than the {len(devices)} there are")
    # Axes are explicit by default, which would ask of the model to name its own.
    kinds = (AxisType.Auto,) * 3
    some = devices[: math.prod(shape)]
    # Eight along one axis may lie as 2 x 4 in a slice of 4 x 4 x 4 chips.
    laid = create_device_mesh(shape, some, allow_split_physical_axes=True)
    return Mesh(laid, (DATA, FSDP, TENSOR), axis_types=kinds)


def partition(
    path: Sequence[str], shape: Sequence[int], devices: Mapping[str, int]
) -> PartitionSpec:
    """Return which axis of a parameter goes over which axis of the mesh.

    An axis that does not divide evenly stays whole on every device: four key and value heads do
    not split over eight. Leading axes beyond the rule's, such as a stack of layers, stay whole.

    Args:
        path: The names that lead to it; the last decides.
        shape: Its shape.
        devices: How many devices each axis of the mesh has.

    Raises:
        ValueError: No rule is known for the name.
    """
    rule = _rule(path, len(shape))
    if rule is None or len(rule) > len(shape):
        raise ValueError(f"no rule for spreading {'/'.join(path)} of shape {tuple(shape)}")
    return _even((None,) * (len(shape) - len(rule)) + rule, shape, devices)


def _rule(path: Sequence[str], axes: int) -> Axes | None:
    """Return the rule of a parameter, or None where there is none.

    Under a weight's own name are the two halves of its adapter: `down` [*inputs, rank], cut as the
    weight's inputs are, and `up` [rank, *outputs], cut as its outputs.
    """
    of_weight = _RULES.get(path[-2]) if len(path) > 1 else None
    if of_weight is None:
        return _RULES.get(path[-1])
    halves: dict[str, Axes] = {
        "down": (*of_weight[: axes - 1], None),
        "up": (None, *of_weight[1 - axes :]),
    }
    return halves.get(path[-1])


def parameters_over(mesh: Mesh | AbstractMesh, tree: Any) -> Any:  # noqa: ANN401 - any tree, returned in kind
    """Return a sharding for every array of a tree that nests parameters under their names.

    The optimizer's memory is such a tree; its counters and constants are everywhere, and so are the
    parts of a quantised weight.
    """
    specs = _specs(mesh.shape, tree)
    return jax.tree.map(partial(NamedSharding, mesh), specs, is_leaf=_is_spec)


def _specs(devices: Mapping[str, int], tree: Any) -> Any:  # noqa: ANN401 - as above
    """Return `partition` of every array that stands under a parameter's own name."""

    def of(path: tuple[Any, ...], leaf: jax.ShapeDtypeStruct) -> PartitionSpec:
        if not (leaf.shape and isinstance(path[-1], jax.tree_util.DictKey)):
            return PartitionSpec()  # type: ignore[no-untyped-call]
        names = [key.key for key in path if isinstance(key, jax.tree_util.DictKey)]
        return partition(names, leaf.shape, devices)

    return jax.tree_util.tree_map_with_path(of, tree)


def _is_spec(leaf: object) -> bool:
    return isinstance(leaf, PartitionSpec)


def rows_over(mesh: Mesh, tree: Any) -> Any:  # noqa: ANN401 - any tree, returned in kind
    """Return a sharding for every array of a batch or a cache: rows over `data` and `fsdp`.

    A cache's keys and values, [batch, kv_heads, slots, head_dim], are cut by heads too.
    """

    def of(leaf: jax.ShapeDtypeStruct) -> NamedSharding:
        axes: Axes = ((DATA, FSDP), TENSOR) if len(leaf.shape) == 4 else ((DATA, FSDP),)
        return NamedSharding(mesh, _even(axes, leaf.shape, mesh.shape))

    return jax.tree.map(of, tree)


def rows_apart(x: jax.Array) -> jax.Array:
    """Keep the rows of activations [batch, ...] apart on the mesh in use (`jax.set_mesh`), if any.

    Left to itself the compiler cuts activations as it finds the parameters cut, by their width, and
    computes every row on every device.
    """
    return _constrained(x, ((DATA, FSDP),))


def looked_up(x: jax.Array) -> jax.Array:
    """Keep activations [batch, length, width] apart as `rows_apart` does, by way of their width.

    Rows of an embedding come in the parts of their width that a device has of the table, and the
    gradient goes back so: rows and widths change places, and nobody gathers either.
    """
    return rows_apart(_constrained(x, (DATA, None, FSDP)))


def _constrained(x: jax.Array, axes: Axes) -> jax.Array:
    """Cut an array within a compiled function over the mesh in use, if any."""
    mesh = jax.sharding.get_abstract_mesh()
    if mesh.empty or mesh.size == 1:
        return x
    spec = _even(axes, x.shape, mesh.shape)
    apart: jax.Array = jax.lax.with_sharding_constraint(x, spec)  # type: ignore[no-untyped-call]
    return apart


def parameters_apart(tree: Any) -> Any:  # noqa: ANN401 - any tree, returned in kind
    """Keep a tree as `parameters_over` puts it on the mesh in use, if any, within a compiled step.

    A gradient that is told so is summed straight into parts: no device holds the whole of it.
    """
    mesh = jax.sharding.get_abstract_mesh()
    if mesh.empty or mesh.size == 1:
        return tree
    return jax.lax.with_sharding_constraint(tree, _specs(mesh.shape, tree))  # type: ignore[no-untyped-call]


def _even(axes: Axes, shape: Sequence[int], devices: Mapping[str, int]) -> PartitionSpec:
    """Return the axes that divide evenly."""

    def parts(axis: str | tuple[str, ...] | None) -> int:
        names = (axis,) if isinstance(axis, str) else axis or ()
        return math.prod(devices[name] for name in names)

    pairs = zip(axes, shape, strict=False)
    even = (axis if n % parts(axis) == 0 else None for axis, n in pairs)
    return PartitionSpec(*even)  # type: ignore[no-untyped-call]
