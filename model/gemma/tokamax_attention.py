"""Attention by tokamax's kernels, on the devices that have them.

Of tokamax 0.0.12's kernels only "mosaic" (NVIDIA from Hopper on, TPU from v5 on) knows both a soft
cap and its gradient; its own choice elsewhere would make all logits at once, without a word, so
that is refused instead. On a TPU it takes one mask for all rows and no window, hence row by row
with the window in the mask. A mask takes a byte for each pair of tokens of a row.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.visible import Places, visible


class Kernels(NamedTuple):
    """Say by which of tokamax's kernels attention is computed, and what it is.

    Attributes:
        window: A query sees itself and `window - 1` positions before it; None for all before.
        cap: Soft cap of the logits, or None.
        name: In tokamax's words.
        by_row: One row at a time, with all that hides a key in the mask.
    """

    window: int | None
    cap: float | None
    name: Literal["mosaic", "xla", "xla_chunked"]
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
    return Kernels(window, cap, "mosaic", by_row=platform == "tpu")


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
    tokamax = _tokamax()
    # A row of kernels that sees nothing would divide by zero: let padding see itself.
    mask = visible(places, places, how.window) | jnp.eye(query.shape[1], dtype=bool)

    window = how.window

    def attend(query: jax.Array, key: jax.Array, value: jax.Array, mask: jax.Array) -> jax.Array:
        result: jax.Array = tokamax.dot_product_attention(
            query,
            key,
            value,
            mask=mask[:, None],
            scale=1.0,
            is_causal=not how.by_row,
            local_window_size=None if how.by_row or window is None else (window - 1, 0),
            logits_soft_cap=how.cap,
            implementation=how.name,
        )
        return result

    try:
        if not how.by_row:
            return attend(query, key, value, mask)
        rows = jax.tree.map(lambda x: x[:, None], (query, key, value, mask))
        result: jax.Array = jax.lax.map(lambda row: attend(*row), rows)[:, 0]
        return result
    except NotImplementedError as error:
        message = f'attention = "tokamax" has no kernel here ({error}): choose "chunked"'
        raise UnsupportedAttention(message) from error


def _tokamax() -> Any:  # noqa: ANN401 - a module without types
    """Return the library."""
    try:
        import tokamax  # type: ignore[import-untyped]
        from absl import flags
    except ModuleNotFoundError:
        message = "attention = \"tokamax\" needs tokamax: pip install 'gemsieve[tokamax]'"
        raise UnsupportedAttention(message) from None
    # It would read our command line for options of its own, and end the program at the first that
    # it does not know.
    if not flags.FLAGS.is_parsed():
        flags.FLAGS.mark_as_parsed()
    return tokamax
