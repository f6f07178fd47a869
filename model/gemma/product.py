"""What a model does with a weight, be it an array of floats or quantised."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.matrix import contract
from gemsieve.model.gemma.quantised import Kernel


def product(
    spec: str, x: jax.Array, kernel: jax.Array | Kernel, dtype: jax.typing.DTypeLike | None = None
) -> jax.Array:
    """Return the sum that `spec` writes in Einstein's notation, of `x` and a weight in x's type.

    Args:
        spec: As for `jnp.einsum`; it sums over the last axes of `x` and all inputs of the weight.
        x: Activations.
        kernel: The weight, of any floating type or quantised.
        dtype: The result's type; that of `x` if None.
    """
    if isinstance(kernel, Kernel):
        return kernel.product(x, dtype or x.dtype)
    inputs, _, output = spec.partition("->")
    letters = inputs.partition(",")[2]
    axes = len(set(letters) - set(output))
    if dtype is None and not set(letters[:axes]) & set(output):
        return contract(x, kernel, axes)
    return jnp.einsum(spec, x, kernel.astype(x.dtype), preferred_element_type=dtype)


def rows(table: jax.Array | Kernel, tokens: jax.Array, dtype: jax.typing.DTypeLike) -> jax.Array:
    """Return the rows of an embedding that tokens name, [..., width]; NaN for what is no row."""
    if isinstance(table, Kernel):
        return table.rows(tokens).astype(dtype)
    return jnp.take(table, tokens, axis=0).astype(dtype)
