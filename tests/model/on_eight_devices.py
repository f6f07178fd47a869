"""A program for `test_sharding`: a model on eight simulated devices beside the same on one.

JAX counts its devices once, when it starts, so this runs in a process of its own. It prints, as
JSON, how far cached logits are from those on one device, and which share of a matrix a device
holds.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from tests.model.reference import loud_params

from gemsieve.model.gemma.cache import empty_cache
from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.sharding import make_mesh, parameters_over, rows_over
from gemsieve.model.gemma.transformer import Params, Transformer

CONFIG = replace(named("test"), vocab_size=64, num_layers=2)
MODEL = Transformer(CONFIG)


def decoded(params: Params, tokens: jax.Array, cache: Any) -> jax.Array:
    """Return the logits of a prompt and of one more token, read through a cache."""
    first, cache = MODEL.apply({"params": params}, tokens, None, None, cache)
    place = jnp.full((tokens.shape[0], 1), tokens.shape[1])
    second, _ = MODEL.apply({"params": params}, tokens[:, :1], place, None, cache)
    return jnp.concatenate([first, second], axis=1)


def main() -> None:
    """Print the figures."""
    params = loud_params(CONFIG, seed=1)
    tokens = np.random.default_rng(1).integers(0, CONFIG.vocab_size, (4, 12))
    cache = empty_cache(CONFIG, 4, 16, "float32")
    alone = jax.jit(decoded)(params, tokens, cache)
    mesh = make_mesh(2, 2, 2)
    spread = jax.device_put(params, parameters_over(mesh, params))
    rows, slots = (jax.device_put(x, rows_over(mesh, x)) for x in (tokens, cache))
    gate = spread["layer_0"]["feed_forward"]["gate"]
    with jax.set_mesh(mesh):
        decoding = jax.jit(decoded)(spread, rows, slots)
    told = {
        "decoding": float(np.abs(np.asarray(decoding) - np.asarray(alone)).max()),
        "share": gate.addressable_shards[0].data.size / gate.size,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    with jax.default_matmul_precision("highest"):
        main()
