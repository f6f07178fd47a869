"""Attention by tokamax's kernels, on the devices that have them.

Of tokamax 0.0.12's kernels only "mosaic" (NVIDIA from Hopper on, TPU from v5 on) knows both a soft
cap and its gradient; its own choice elsewhere would make all logits at once, without a word, so
that is refused instead. Its public function takes a mask of a byte for each pair of tokens, which
its kernels would read from memory for every head. What a query sees in a packed row is a range of
keys that ends at itself, and the operation behind that function knows ranges: hence private names,
and one version. The kernel for TPUs knows neither ranges nor a mask for each row, hence row by row
with a mask.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.pallas_names import mend
from gemsieve.model.gemma.visible import Places, visible

# The kernel for GPUs takes rows whose length is a multiple of this.
TILE = 128


class Kernels(NamedTuple):
    """Say by which of tokamax's kernels attention is computed, and what it is.

    Attributes:
        window: A query sees itself and `window - 1` positions before it; None for all before.
        cap: Soft cap of the logits, or None.
        name: In tokamax's words.
        by_row: One row at a time, by a mask of pairs.
    """

    window: int | None
    cap: float | None
    name: Literal["mosaic_gpu", "mosaic_tpu", "xla"]
    by_row: bool


class UnsupportedAttention(ValueError):  # noqa: N818 - read at its place, it says what is wrong
    """Attention cannot be computed so; says why and what to do."""


def kernels_here(window: int | None, cap: float | None) -> Kernels:
    """Return the kernels for this process's devices.

    Raises:
        UnsupportedAttention: There are none.
    """
    platform = jax.default_backend()
    if platform not in {"gpu", "tpu"}:
        raise UnsupportedAttention(
            f'attention = "tokamax" needs a GPU or a TPU, and this runs on a {platform}: choose'
            ' "chunked"'
        )
    on_tpu = platform == "tpu"
    return Kernels(window, cap, "mosaic_tpu" if on_tpu else "mosaic_gpu", by_row=on_tpu)


def tokamax_attend(
    query: jax.Array,
    key: jax.Array,
    value: jax.Array,
    places: Places,
    how: Kernels,
) -> jax.Array:
    """Return what `dense_attention.attend` returns for rows that attend to themselves.

    Args:
        query: Scaled queries, [batch, length, heads, head_dim].
        key: [batch, length, kv_heads, head_dim].
        value: The same shape.
        places: Of every token; segments are contiguous, and positions in them count up by one.
        how: Which kernels, and what they compute.

    Returns:
        [batch, length, heads, head_dim]; meaningless, but finite, at padding.

    Raises:
        UnsupportedAttention: tokamax is not installed, or has no kernel for this device.
    """
    operation, mask_of = _tokamax(how.name)

    def attend(*qkv: jax.Array, **mask: Any) -> jax.Array:  # noqa: ANN401 - as tokamax has it
        result: jax.Array = operation(
            *qkv, mask=mask_of(**mask), logits_scale=1.0, logits_soft_cap=how.cap
        )
        return result

    try:
        if how.by_row:
            rows = (query, key, value, _pairs(places, how.window)[:, None])
            rows = jax.tree.map(lambda x: x[:, None], rows)
            one: jax.Array = jax.lax.map(lambda row: attend(*row[:3], bool_mask=row[3]), rows)
            return one[:, 0]
        length = query.shape[1]
        whole = [_whole_tiles(x) for x in (query, key, value)]
        start = _first_seen(_whole_tiles(places[1]), how.window)
        return attend(*whole, k_start=start[:, None], is_causal=True)[:, :length]
    except NotImplementedError as error:
        message = f'attention = "tokamax" has no kernel here ({error}): choose "chunked"'
        raise UnsupportedAttention(message) from error


def _whole_tiles(x: jax.Array) -> jax.Array:
    """Return [batch, length, ...] with zeros up to a multiple of `TILE`."""
    return jnp.pad(x, [(0, 0), (0, -x.shape[1] % TILE), *[(0, 0)] * (x.ndim - 2)])


def _first_seen(segments: jax.Array, window: int | None) -> jax.Array:
    """Return the place in its row of the first token that each sees, [batch, length].

    Padding sees itself: a row of logits that are all hidden would divide by zero.
    """
    index = jnp.arange(segments.shape[1], dtype=jnp.int32)[None]
    begins = jnp.diff(segments, axis=1, prepend=-1) != 0
    first = jax.lax.cummax(jnp.where(begins, index, 0), axis=1)
    if window is not None:
        first = jnp.maximum(first, index - window + 1)
    return jnp.where(segments == 0, index, first)


def _pairs(places: Places, window: int | None) -> jax.Array:
    """Return which keys each query sees, itself in any case, [batch, length, length]."""
    return visible(places, places, window) | jnp.eye(places[0].shape[1], dtype=bool)


def _tokamax(name: str) -> tuple[Any, Any]:
    """Return an operation by its name, and the class of its masks."""
    try:
        from absl import flags
        from tokamax._src.ops.attention import api, base  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        message = "attention = \"tokamax\" needs tokamax: pip install 'gemsieve[tokamax]'"
        raise UnsupportedAttention(message) from None
    # It would read our command line for options of its own, and end the program at the first that
    # it does not know.
    if not flags.FLAGS.is_parsed():
        flags.FLAGS.mark_as_parsed()
    if name == "mosaic_gpu":
        mend()
    return api.IMPLEMENTATIONS[name], base.Mask
