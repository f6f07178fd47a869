"""Which tokens attend to which."""

from __future__ import annotations

import jax

# Positions, counted within each document, and segments, equal within a document and 0 where there
# is no token; [batch, length] each.
Places = tuple[jax.Array, jax.Array]


def visible(queries: Places, keys: Places, window: int | None) -> jax.Array:
    """Say which keys each query may see: the same segment, not later, and inside the window.

    Args:
        queries: Where the queries stand.
        keys: Where the keys stand.
        window: A query sees itself and `window - 1` positions before it; None for all before.

    Returns:
        [batch, queries, keys], bool. Segment 0 is padding and is seen by nothing.
    """
    distance = queries[0][:, :, None] - keys[0][:, None, :]
    segments = keys[1][:, None, :]
    mask = (queries[1][:, :, None] == segments) & (segments != 0) & (distance >= 0)
    return mask if window is None else mask & (distance < window)
