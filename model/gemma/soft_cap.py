"""The cap of logits, and what hides one."""

from __future__ import annotations

import jax
import jax.numpy as jnp

# What a masked logit becomes: finite, so that a padding row that may attend to nothing yields an
# average instead of NaN; far below any logit, so that its share is exactly zero elsewhere.
MASKED = -2.0e38


def soft_cap(x: jax.Array, cap: float | None) -> jax.Array:
    """Return `cap * tanh(x / cap)`, or `x` itself without a cap (arXiv 2408.00118, section 2)."""
    return x if cap is None else cap * jnp.tanh(x / cap)
