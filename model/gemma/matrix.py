"""A matrix product whose gradients are matrix products of what is there."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.remat import kept


def contract(x: jax.Array, kernel: jax.Array, axes: int) -> jax.Array:
    """Sum over the last axes of `x` and as many first axes of a kernel, in the type of `x`.

    Left to itself, the transposed einsum makes XLA's CPU compiler write the gradient that comes in
    column by column, at a third of the cost of a whole training step (see bench/NOTES.md). The
    kernel's gradient is summed in float32 whatever the type of `x`.
    """
    inputs = math.prod(kernel.shape[:axes])
    rows = kept(_product(x.reshape(-1, inputs), kernel.reshape(inputs, -1)))
    return rows.reshape(x.shape[: x.ndim - axes] + kernel.shape[axes:])


@jax.custom_vjp
def _product(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Return [rows, inputs] times [inputs, outputs]."""
    return x @ kernel.astype(x.dtype)


def _forward(x: jax.Array, kernel: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return _product(x, kernel), (x, kernel)


def _backward(
    saved: tuple[jax.Array, jax.Array], gradient: jax.Array
) -> tuple[jax.Array, jax.Array]:
    x, kernel = saved
    to_kernel = jnp.einsum("ri,ro->io", x, gradient, preferred_element_type=jnp.float32)
    to_x = jnp.einsum("ro,io->ri", gradient, kernel.astype(x.dtype))
    return to_x, to_kernel.astype(kernel.dtype)


_product.defvjp(_forward, _backward)
