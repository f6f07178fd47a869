"""What a model does with a weight, be it an array of floats or something that stands for one."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.matrix import contract
from gemsieve.model.gemma.quantised import Kernel


@runtime_checkable
class Weight(Protocol):
    """Stand for an array of floats in products: in fewer bits, say, or with an adapter."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        ...

    def product(self, x: jax.Array, dtype: jax.typing.DTypeLike) -> jax.Array:
        """Sum `x`, whose last axes are the inputs, over them; the result is [..., *outputs]."""
        ...


def product(
    spec: str, x: jax.Array, kernel: jax.Array | Weight, dtype: jax.typing.DTypeLike | None = None
) -> jax.Array:
    """Return the sum that `spec` writes in Einstein's notation, of `x` and a weight in x's type.

    Args:
        spec: As for `jnp.einsum`; it sums over the last axes of `x` and all inputs of the weight.
        x: Activations.
        kernel: The weight, of any floating type or what stands for it.
        dtype: The result's type; that of `x` if None.
    """
    if isinstance(kernel, Weight):
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
