"""Weights in 8 or 4 bits: symmetric, a scale for each output or for each group of its inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.quantised import Quantised

if TYPE_CHECKING:
    from gemsieve.model.gemma.transformer import Params

# The axes that a product sums over, by a weight's name. The embedding is the output's weight too.
SUMMED = {
    "embedding": (1,),
    "q": (0,),
    "k": (0,),
    "v": (0,),
    "o": (0, 1),
    "gate": (0,),
    "up": (0,),
    "down": (0,),
}
# What users call the forms of weights: bits, and inputs that share a scale.
FORMS: Mapping[str, tuple[int, int | None]] = {"int8": (8, None), "int4": (4, 32)}


def quantise(params: Params, bits: int, group: int | None = None) -> Params:
    """Return the canonical tree with its weights quantised, and the norms' scales in float32.

    Args:
        params: The parameters, floats of any type.
        bits: 8 or 4.
        group: Inputs that share a scale; where that does not divide (half of) an output's inputs,
            their greatest common divisor. None for one scale an output.

    Raises:
        ValueError: Other bits, a group below 1, or a weight in 4 bits of an odd number of inputs.
    """
    if bits not in {4, 8}:
        raise ValueError(f"weights can be quantised to 8 or 4 bits, not to {bits}")
    if group is not None and group < 1:
        raise ValueError(f"a group has 1 input or more, not {group}")

    def quantised(path: tuple[Any, ...], weight: jax.Array) -> Any:  # noqa: ANN401
        summed = SUMMED.get(path[-1].key)
        if summed is None:
            return weight.astype(jnp.float32)
        return _quantise(weight, summed, bits, group)

    changed: Params = jax.tree_util.tree_map_with_path(quantised, params)
    return changed


def dequantise(params: Params) -> Params:
    """Return the canonical tree with every quantised weight in float32 again."""
    floats: Params = jax.tree.map(
        lambda leaf: leaf.floats() if isinstance(leaf, Quantised) else leaf,
        params,
        is_leaf=lambda leaf: isinstance(leaf, Quantised),
    )
    return floats


@partial(jax.jit, static_argnums=(1, 2, 3))
def _quantise(
    weight: jax.Array, summed: tuple[int, ...], bits: int, group: int | None
) -> Quantised:
    """Round to the nearest of the levels that reach from the largest value to its opposite.

    The largest value lies half a level beyond the last one, as in qwix: finer levels for all other
    values gain more than what is cut from it. Levels are as many on either side of 0.
    """
    shape = weight.shape
    inputs = math.prod(shape[axis] for axis in summed)
    stored = inputs if bits == 8 else inputs // 2
    if bits == 4 and inputs % 2:
        raise ValueError(f"4 bits need an even number of inputs; a weight of {shape} has {inputs}")
    order = [axis for axis in range(len(shape)) if axis not in summed] + list(summed)
    size = inputs if group is None else math.gcd(stored, group)
    grouped = weight.astype(jnp.float32).transpose(order).reshape(-1, inputs // size, size)
    largest = 2 ** (bits - 1) - 1
    scales = jnp.max(jnp.abs(grouped), axis=-1) / (largest + 0.5)
    scales = jnp.where(scales > 0, scales, 1.0)
    # A negative extreme lies between two levels, and every device's division would choose its own.
    levels = jnp.clip(jnp.round(grouped / scales[..., None]), -largest, largest)
    values = levels.astype(jnp.int8).reshape(-1, inputs)
    if bits == 4:
        values = (values[:, :stored] & 15) | (values[:, stored:] << 4)
    return Quantised(values, scales, shape, summed, bits)
