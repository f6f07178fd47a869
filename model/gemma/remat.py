"""What a layer keeps of itself where all else is computed a second time on the way back.

JAX's own policy for matrix products looks for the primitive, and sees none inside a function with a
gradient of its own: there what is to be kept is given a name.
"""

from __future__ import annotations

import jax
from jax.ad_checkpoint import checkpoint_name

_NAME = "kept"


def kept(x: jax.Array) -> jax.Array:
    """Return an array that `keep` keeps."""
    named: jax.Array = checkpoint_name(x, _NAME)  # type: ignore[no-untyped-call]
    return named


# What `kept` has named, and products of activations and weights.
keep = jax.checkpoint_policies.save_from_both_policies(
    jax.checkpoint_policies.dots_with_no_batch_dims_saveable,
    jax.checkpoint_policies.save_only_these_names(_NAME),
)
