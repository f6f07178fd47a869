"""A pass over pairs of layers, local and global, that is compiled once and not once a layer.

Parameters are stacked for it: `pairs` holds `local` and `global`, each a layer whose arrays have
one more axis in front, the pair's number; a last local layer without a partner stays as `last`.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.block import make_block
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.visible import Places

Params = dict[str, Any]

_KINDS = ("local", "global")


def stack(params: Params) -> Params:
    """Stack the layers of `Transformer`'s parameters; the rest stays as it is."""
    rest = {name: value for name, value in params.items() if not name.startswith("layer_")}
    layers = [params[f"layer_{index}"] for index in range(len(params) - len(rest))]
    paired = len(layers) // 2 * 2
    if paired < len(layers):
        rest["last"] = layers[-1]
    rest["pairs"] = {
        kind: jax.tree.map(lambda *leaves: jnp.stack(leaves), *layers[offset:paired:2])
        for offset, kind in enumerate(_KINDS)
        if paired
    }
    return rest


def unstack(stacked: Params) -> Params:
    """Undo `stack`."""
    params = {name: value for name, value in stacked.items() if name not in ("pairs", "last")}
    layers = stacked["pairs"]
    count = jax.tree.leaves(layers)[0].shape[0] if layers else 0
    for pair in range(count):
        for offset, kind in enumerate(_KINDS):
            one = jax.tree.map(lambda leaf, at=pair: leaf[at], layers[kind])
            params[f"layer_{2 * pair + offset}"] = one
    if "last" in stacked:
        params[f"layer_{2 * count}"] = stacked["last"]
    return params


def scan_blocks(
    config: GemmaConfig, execution: Execution, stacked: Params, x: jax.Array, places: Places
) -> jax.Array:
    """Run all blocks on the residual stream [batch, length, embed_dim].

    Args:
        config: The model's shape.
        execution: How to compute each block.
        stacked: What `stack` returns.
        x: The residual stream.
        places: Of its tokens.
    """

    def run(layer: int, params: Params, x: jax.Array) -> jax.Array:
        block = make_block(config, layer, execution, alone=True)
        out: jax.Array = block.apply({"params": params}, x, places, None, None)[0]
        return out

    def pair(x: jax.Array, params: Params) -> tuple[jax.Array, None]:
        return run(1, params["global"], run(0, params["local"], x)), None

    if stacked["pairs"]:
        x, _ = jax.lax.scan(pair, x, stacked["pairs"])
    return run(0, stacked["last"], x) if "last" in stacked else x
