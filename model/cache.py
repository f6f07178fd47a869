"""The key-value cache of incremental decoding."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from gemsieve.model.config import GemmaConfig


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Cache:
    """Hold what attention needs of the tokens so far, in `slots` places a row.

    Masks are made from `positions` and `segments`, never from slot numbers, so padding on either
    side (and one day a ring of slots) needs no case of its own.

    Attributes:
        keys: One array a layer, [batch, slots, kv_heads, head_dim], already turned by position.
        values: One array a layer, the same shape.
        positions: [batch, slots]; meaningless where the segment is 0.
        segments: [batch, slots]; 0 marks an empty slot or padding, which nothing may attend to.
        length: [batch]; the slot that each row writes next.
    """

    keys: tuple[jax.Array, ...]
    values: tuple[jax.Array, ...]
    positions: jax.Array
    segments: jax.Array
    length: jax.Array

    @property
    def slots(self) -> int:
        """Return the number of tokens a row can hold."""
        return self.positions.shape[1]


def empty_cache(config: GemmaConfig, batch: int, slots: int, dtype: jnp.dtype) -> Cache:
    """Return a cache that holds nothing."""
    shape = (batch, slots, config.num_kv_heads, config.head_dim)
    return Cache(
        keys=tuple(jnp.zeros(shape, dtype) for _ in range(config.num_layers)),
        values=tuple(jnp.zeros(shape, dtype) for _ in range(config.num_layers)),
        positions=jnp.zeros((batch, slots), jnp.int32),
        segments=jnp.zeros((batch, slots), jnp.int32),
        length=jnp.zeros((batch,), jnp.int32),
    )


def write(buffer: jax.Array, new: jax.Array, at: jax.Array) -> jax.Array:
    """Return `buffer` [batch, slots, ...] with `new` [batch, n, ...] put in each row from `at`."""
    return jax.vmap(
        lambda row, part, start: jax.lax.dynamic_update_slice_in_dim(row, part, start, axis=0)
    )(buffer, new.astype(buffer.dtype), at)


def admit(cache: Cache, positions: jax.Array, segments: jax.Array) -> Cache:
    """Write the places of new tokens, [batch, n] each; the layers add their keys and values.

    Raises:
        ValueError: More tokens come at once than the cache has slots.
    """
    if positions.shape[1] > cache.slots:
        raise ValueError(f"{positions.shape[1]} tokens do not fit a cache of {cache.slots} slots")
    return dataclasses.replace(
        cache,
        positions=write(cache.positions, positions, cache.length),
        segments=write(cache.segments, segments, cache.length),
    )


def advance(cache: Cache, segments: jax.Array) -> Cache:
    """Move each row's next slot past its last new token that is not padding."""
    steps = jnp.arange(1, segments.shape[1] + 1, dtype=jnp.int32)[None, :]
    used = jnp.max(jnp.where(segments != 0, steps, 0), axis=1)
    return dataclasses.replace(cache, length=cache.length + used)


def overflows(cache: Cache, count: int) -> jax.Array:
    """Tell, for each row of the batch, whether `count` more slots are not there."""
    return cache.length + count > cache.slots
