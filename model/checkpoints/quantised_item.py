"""Quantised weights on disk: an Orbax item where each is a pair of tensors, values and scales."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from gemsieve.model.checkpoints.orbax_item import read_params
from gemsieve.model.checkpoints.placement import on_first_device
from gemsieve.model.gemma.quantise import dequantise, quantise
from gemsieve.model.gemma.quantised import Quantised
from gemsieve.model.gemma.transformer import Params

# The table of a checkpoint's settings that says how it was quantised: `bits` and `group`.
TABLE = "quantised"


def apart(params: Params) -> Params:
    """Return the tree with each quantised weight as a table of its two tensors."""
    tree: Params = {}
    for name, value in params.items():
        if isinstance(value, Quantised):
            tree[name] = {"values": value.values, "scales": value.scales}
        else:
            tree[name] = apart(value) if isinstance(value, dict) else value
    return tree


def read_quantised(item: Path, like: Params, *, bits: int, group: int | None) -> Params:
    """Read quantised parameters onto the first device.

    Args:
        item: The folder of an item that holds what `apart` gave.
        like: Shapes and types as of a model in floats. Where the type is a floating one, the
            integers are turned into it; where it is an integer, they stay.
        bits: As of `quantise`.
        group: As of `quantise`.

    Raises:
        ValueError: As of `read_params`.
    """

    def quantised() -> Params:
        return quantise(jax.tree.map(lambda leaf: jnp.zeros(leaf.shape), like), bits, group)

    shapes = on_first_device(jax.eval_shape(quantised))
    params = _together(read_params(item, apart(shapes)), shapes)
    dtype = like["embedding"].dtype
    if not jnp.issubdtype(dtype, jnp.floating):
        return params
    converted: Params = jax.tree.map(lambda leaf: leaf.astype(dtype), dequantise(params))
    return converted


def _together(tree: Params, like: Params) -> Params:
    """Put the pairs of tensors together where `like` has a quantised weight."""
    joined: dict[str, Any] = {}
    for name, value in like.items():
        if isinstance(value, Quantised):
            joined[name] = dataclasses.replace(value, **tree[name])
        else:
            joined[name] = _together(tree[name], value) if isinstance(value, dict) else tree[name]
    return joined
