"""What Hugging Face calls a parameter, and how its axes lie there.

Their kernels are [out, in] with the heads folded into one axis; ours are [in, out] with the heads
apart. Both ways of turning one into the other give views.
"""

from __future__ import annotations

import math
from typing import Any

import numpy.typing as npt

from gemsieve.model.checkpoints.placement import Path

Array = npt.NDArray[Any]

# Ours within a layer, and theirs.
_PARTS = {
    "pre_attention_norm": "input_layernorm",
    "post_attention_norm": "post_attention_layernorm",
    "pre_feed_forward_norm": "pre_feedforward_layernorm",
    "post_feed_forward_norm": "post_feedforward_layernorm",
    "attention": "self_attn",
    "feed_forward": "mlp",
}


def their_name(path: Path) -> str:
    """Return what they call our parameter."""
    if path == ("embedding",):
        return "model.embed_tokens.weight"
    if path[0] == "final_norm":
        return "model.norm.weight"
    layer, part, name = path
    kernel = "" if name == "scale" else f".{name}_proj"
    return f"model.layers.{layer.removeprefix('layer_')}.{_PARTS[part]}{kernel}.weight"


def their_shape(path: Path, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape there of our parameter of a shape."""
    if not _is_kernel(path):
        return shape
    inner = 2 if path[-1] == "o" else 1  # how many of our axes are summed over
    return math.prod(shape[inner:]), math.prod(shape[:inner])


def as_theirs(path: Path, ours: Array) -> Array:
    """View our parameter as theirs."""
    if not _is_kernel(path):
        return ours
    return ours.reshape(their_shape(path, ours.shape)[::-1]).T


def as_ours(path: Path, theirs: Array, shape: tuple[int, ...]) -> Array:
    """View their parameter as ours, of a shape."""
    return theirs.T.reshape(shape) if _is_kernel(path) else theirs


def _is_kernel(path: Path) -> bool:
    """Say whether a parameter is a matrix that turns around."""
    return path[-1] not in {"embedding", "scale"}
