"""The key-value cache of incremental decoding: rings for local layers, all tokens for global ones.

A local layer keeps its last `ring` tokens, `ring` at least the sliding window, token `i` of a row
in slot `i % ring`. That is enough, and safe to write, because positions within a document count
up by one:

- One token at a time is written first and attended to in its slot. It takes the place of the token
  `ring` before it, which is at least a window away and so invisible to it and to all later ones.
- A chunk of several tokens would take places that its own first tokens still see. So they attend
  to the old ring beside the chunk, and the ring is written for the next call: the last `ring`
  tokens hold the `window - 1` before any token that can come next.

Padding takes no slot, on whichever side it stands: tokens are counted, and only they are written.
What may be seen follows from the position and segment stored with each slot, never from its number.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.visible import Places

# Caches longer than this are attended to in blocks of it; their slots are a multiple of it.
BLOCK = 128


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Cache:
    """Hold what attention needs of the tokens so far.

    Attributes:
        keys: One array a layer, [batch, kv_heads, slots, head_dim], already turned by position.
        values: One array a layer, the same shape.
        places: Of the slots of local layers and of those of global layers.
        length: [batch]; how many tokens each row has taken.
    """

    keys: tuple[jax.Array, ...]
    values: tuple[jax.Array, ...]
    places: tuple[Places, Places]
    length: jax.Array

    @property
    def slots(self) -> int:
        """Return the number of tokens a row can take."""
        return self.places[1][0].shape[1]


@dataclass(frozen=True)
class Admission:
    """Say how new tokens enter a cache.

    Attributes:
        cache: With their places and the new lengths; the layers add keys and values.
        writes: For local and for global layers, what `write` needs.
        seen: For local and for global layers, the places of what the new tokens attend to; None
            where that is themselves alone.
    """

    cache: Cache
    writes: tuple[jax.Array, jax.Array]
    seen: tuple[Places, Places] | None


def slots_of(config: GemmaConfig, slots: int) -> tuple[int, int]:
    """Return the slots of a local and of a global layer in a cache for `slots` tokens a row."""
    ring = min(config.window(0) or slots, slots)
    return _whole_blocks(ring), _whole_blocks(slots)


def _whole_blocks(slots: int) -> int:
    return slots if slots <= BLOCK else -(-slots // BLOCK) * BLOCK


def cache_bytes(config: GemmaConfig, batch: int, slots: int, dtype: str) -> int:
    """Return the size of a cache: keys and values of each slot of each layer, and their places."""
    ring, full = slots_of(config, slots)
    local = (config.num_layers + 1) // 2
    kept = local * ring + (config.num_layers - local) * full
    entry = 2 * config.num_kv_heads * config.head_dim * jnp.dtype(dtype).itemsize
    return batch * (kept * entry + (ring + full) * 2 * 4 + 4)


def empty_cache(config: GemmaConfig, batch: int, slots: int, dtype: str | jnp.dtype) -> Cache:
    """Return a cache that holds nothing."""
    sizes = slots_of(config, slots)

    def entries() -> tuple[jax.Array, ...]:
        shapes = [
            (batch, config.num_kv_heads, sizes[layer % 2], config.head_dim)
            for layer in range(config.num_layers)
        ]
        return tuple(jnp.zeros(shape, dtype) for shape in shapes)

    def places(size: int) -> Places:
        return jnp.zeros((batch, size), jnp.int32), jnp.zeros((batch, size), jnp.int32)

    both = (places(sizes[0]), places(sizes[1]))
    return Cache(entries(), entries(), both, jnp.zeros((batch,), jnp.int32))


def overflows(cache: Cache, segments: jax.Array) -> jax.Array:
    """Tell which rows bring tokens, [batch, n], that do not fit; a chunk needs `n` free slots."""
    return jnp.any(segments != 0, axis=1) & (cache.length + segments.shape[1] > cache.slots)


def admit(cache: Cache, positions: jax.Array, segments: jax.Array) -> Admission:
    """Give places to new tokens, [batch, n] each.

    Raises:
        ValueError: More tokens come at once than the cache has slots.
    """
    count = positions.shape[1]
    if count > cache.slots:
        raise ValueError(f"{count} tokens do not fit a cache of {cache.slots} slots")
    new = (positions, segments)
    ring, full = (_sources(cache.length, segments, old[0].shape[1]) for old in cache.places)
    local, everything = (
        (write(old[0], positions, at), write(old[1], segments, at))
        for old, at in zip(cache.places, (ring, full), strict=True)
    )
    length = cache.length + jnp.sum(segments != 0, axis=1, dtype=jnp.int32)
    after = dataclasses.replace(cache, places=(local, everything), length=length)
    if count == 1:
        return Admission(after, (ring, full), after.places)
    # A chunk as long as the cache found it empty, or overflows.
    alone = count == cache.slots
    seen = (_beside(cache.places[0], new), _beside(cache.places[1], new))
    return Admission(after, (ring, full), None if alone else seen)


def _beside(old: Places, new: Places) -> Places:
    """Return the places of what a chunk attends to, as `beside` does keys and values."""
    return jnp.concatenate([old[0], new[0]], axis=1), jnp.concatenate([old[1], new[1]], axis=1)


def beside(buffer: jax.Array, new: jax.Array) -> jax.Array:
    """Return what a chunk attends to: the tokens before it and itself.

    Args:
        buffer: Keys or values in the cache, [batch, kv_heads, slots, head_dim].
        new: Of the chunk, [batch, n, kv_heads, head_dim].

    Returns:
        [batch, slots + n, kv_heads, head_dim].
    """
    return jnp.concatenate([buffer.swapaxes(1, 2).astype(new.dtype), new], axis=1)


def _sources(length: jax.Array, segments: jax.Array, slots: int) -> jax.Array:
    """Say where new tokens go.

    Returns:
        For one token, its slot, [batch]; for several, which of them each slot takes, -1 for none,
        [batch, slots].
    """
    if segments.shape[1] == 1:
        return length % slots
    # Tokens before padding, in order; slot `s` gets the last token whose number is `s` in the ring.
    order = jnp.argsort(segments == 0, axis=1, stable=True).astype(jnp.int32)
    last = length + jnp.sum(segments != 0, axis=1, dtype=jnp.int32) - 1
    slot = jnp.arange(slots, dtype=jnp.int32)
    rank = last[:, None] - (last[:, None] - slot[None]) % slots - length[:, None]
    return jnp.where(rank < 0, -1, jnp.take_along_axis(order, jnp.maximum(rank, 0), axis=1))


def write(buffer: jax.Array, new: jax.Array, at: jax.Array) -> jax.Array:
    """Return a buffer with new tokens where `_sources` says.

    Args:
        buffer: [batch, slots] or [batch, kv_heads, slots, head_dim].
        new: [batch, n] or [batch, n, kv_heads, head_dim].
        at: [batch] or [batch, slots].
    """
    new = (new if new.ndim == 2 else new.swapaxes(1, 2)).astype(buffer.dtype)
    axis = buffer.ndim // 2
    if at.ndim == 1:
        # A scatter of single heads: XLA merges larger slices with what reads the cache next, and
        # then copies the cache at every token.
        rows = jnp.arange(buffer.shape[0])
        if axis == 1:
            return buffer.at[rows, at].set(new[:, 0])
        heads = jnp.arange(buffer.shape[1])
        return buffer.at[rows[:, None], heads[None], at[:, None]].set(new[:, :, 0])
    shape = at.shape if axis == 1 else (at.shape[0], 1, at.shape[1], 1)
    source = at.reshape(shape)
    taken = jnp.take_along_axis(new, jnp.maximum(source, 0), axis=axis)
    return jnp.where(source < 0, buffer, taken)


def fitted(cache: Cache, like: Cache) -> Cache:
    """Return a cache with the slots of another: empty ones more, or unused ones fewer.

    The tokens must fit the smaller of the two. Both follow `slots_of`: a ring that differs between
    them is, in the smaller one, as long as that cache, so it has not come round.
    """

    def sized(old: jax.Array, other: jax.Array) -> jax.Array:
        axis = old.ndim // 2
        size = other.shape[axis]
        old = jax.lax.slice_in_dim(old, 0, min(size, old.shape[axis]), axis=axis)
        missing = [(0, size - old.shape[axis] if at == axis else 0) for at in range(old.ndim)]
        return jnp.pad(old, missing)

    places = jax.tree.map(sized, cache.places, like.places)
    keys = jax.tree.map(sized, cache.keys, like.keys)
    values = jax.tree.map(sized, cache.values, like.values)
    return Cache(keys, values, places, cache.length)
