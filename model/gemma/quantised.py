"""A weight in 8 or 4 bits, and what a model does with it: products and look-ups.

The weight is stored output by output, so one scale (or one a group of inputs) serves a whole row,
and a row is all that a product's output needs. On a CPU, XLA would turn whole weights back into
floats before any product begins, and a model would then need as much memory as in float32: there
a block of rows at a time is turned back, which stays in the processor's cache.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax.core import meta

# Rows turned back into floats at a time on a CPU: 64 rows of 2,304 inputs fill 600 kB.
_BLOCK = 64


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Quantised(meta.AxisMetadata["Kernel"]):
    """Hold a weight's integers and scales in a tree of parameters; Flax opens it into a `Kernel`.

    Attributes:
        values: int8, [outputs, inputs]; or, in 4 bits, [outputs, inputs / 2]: the first half of
            the inputs in the low bits of each byte, the second half in the high ones.
        scales: float32, [outputs, groups]: what one unit of `values` is worth.
        shape: The weight's shape in the canonical tree.
        summed: The axes of `shape` that a product sums over; together they are the inputs.
        bits: 8 or 4.
    """

    values: jax.Array
    scales: jax.Array
    shape: tuple[int, ...] = dataclasses.field(metadata={"static": True})
    summed: tuple[int, ...] = dataclasses.field(metadata={"static": True})
    bits: int = dataclasses.field(metadata={"static": True})

    def unbox(self) -> Kernel:
        """Return the weight as `product` and `rows` take it."""
        return Kernel(self)

    def replace_boxed(self, val: Any) -> Any:  # noqa: ANN401 - Flax's signature
        """Let floats take the place of integers: a fresh value is not quantised by itself."""
        return val

    def add_axis(self, index: int, params: dict[Any, Any]) -> Quantised:  # noqa: ARG002
        """Return itself: `shape` is that of one layer however many are stacked."""
        return self

    def remove_axis(self, index: int, params: dict[Any, Any]) -> Quantised:  # noqa: ARG002
        """Return itself, as `add_axis` does."""
        return self

    def floats(self) -> jax.Array:
        """Return the weight in float32 and in its canonical shape."""
        flat = jnp.concatenate(self.halves(self.values, self.scales), axis=-1)
        order = [*self.outputs, *self.summed]
        apart = flat.reshape([self.shape[axis] for axis in order])
        return apart.transpose(sorted(range(len(order)), key=order.__getitem__))

    @property
    def dtype(self) -> jnp.dtype:
        """The type of the floats it stands for, and of a model's activations beside it."""
        return self.scales.dtype

    @property
    def outputs(self) -> tuple[int, ...]:
        """The axes of `shape` that a product keeps."""
        return tuple(axis for axis in range(len(self.shape)) if axis not in self.summed)

    def halves(self, values: jax.Array, scales: jax.Array) -> list[jax.Array]:
        """Turn rows, [..., stored] and [..., groups], into float32: two halves if in 4 bits."""
        parts = [values] if self.bits == 8 else [(values << 4) >> 4, values >> 4]
        shared = scales.shape[-1] == 1
        worth = [scales] * len(parts) if shared else jnp.split(scales, len(parts), axis=-1)
        return [
            (part.astype(jnp.float32).reshape(*unit.shape, -1) * unit[..., None]).reshape(
                part.shape
            )
            for part, unit in zip(parts, worth, strict=True)
        ]


def scaled_after(x: jax.Array, values: jax.Array, scales: jax.Array) -> jax.Array:
    """Return sums [outputs, n] of `x`, [n, inputs], over rows with one scale each, float32.

    The scale comes last: XLA's compiler for GPUs then reads integers in the product itself; scaled
    rows it would write to memory first, for every token anew. Every integer is exact in bfloat16.
    """
    sums = jnp.einsum("ni,oi->on", x, values.astype(x.dtype), preferred_element_type=jnp.float32)
    return sums * scales


class Kernel:
    """A quantised weight at work; opaque to JAX, so that Flax compares `shape` and no leaves."""

    def __init__(self, stored: Quantised) -> None:
        self._stored = stored

    @property
    def shape(self) -> tuple[int, ...]:
        """The weight's canonical shape."""
        return self._stored.shape

    def product(self, x: jax.Array, dtype: jax.typing.DTypeLike) -> jax.Array:
        """Sum `x`, whose last axes are the inputs, over them; the result is [..., *outputs]."""
        stored = self._stored
        lead = x.shape[: -len(stored.summed)]
        inputs = math.prod(stored.shape[axis] for axis in stored.summed)
        flat = x.reshape(-1, inputs)
        result: jax.Array = jax.lax.platform_dependent(
            flat, stored.values, stored.scales, cpu=self._blocks, default=self._all
        )
        return result.T.reshape(*lead, *(stored.shape[a] for a in stored.outputs)).astype(dtype)

    def rows(self, tokens: jax.Array) -> jax.Array:
        """Look rows of an embedding up, [..., inputs], float32; NaN for what is no row."""
        values = jnp.take(self._stored.values, tokens, axis=0)
        scales = jnp.take(self._stored.scales, tokens, axis=0)
        return jnp.concatenate(self._stored.halves(values, scales), axis=-1)

    def _all(self, x: jax.Array, values: jax.Array, scales: jax.Array) -> jax.Array:
        """Multiply by all rows at once: accelerators turn integers into floats on their way in."""
        if self._stored.bits == 8 and scales.shape[-1] == 1:
            return scaled_after(x, values, scales)
        return jax.vmap(lambda *row: self._row(x, *row))(values, scales)

    def _blocks(self, x: jax.Array, values: jax.Array, scales: jax.Array) -> jax.Array:
        """Multiply by a block of rows at a time, in float32: what a CPU multiplies fastest."""
        wide = x.astype(jnp.float32)
        outputs: jax.Array = jax.lax.map(
            lambda row: self._row(wide, *row), (values, scales), batch_size=_BLOCK
        )
        return outputs

    def _row(self, x: jax.Array, values: jax.Array, scales: jax.Array) -> jax.Array:
        """Return one output of each of `x`, [n, inputs], in float32."""
        weights = self._stored.halves(values, scales)
        parts = jnp.split(x, len(weights), axis=1)
        products = [
            jnp.dot(part, weight.astype(x.dtype), preferred_element_type=jnp.float32)
            for part, weight in zip(parts, weights, strict=True)
        ]
        return sum(products[1:], products[0])
