"""A weight that stays as it is and a low-rank adapter beside it: `x W + scale (x down) up`.

The weight may be in 8 or 4 bits, as in arXiv 2305.14314: it is then read, and never written.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax.core import meta

from gemsieve.model.gemma.matrix import contract
from gemsieve.model.gemma.product import Weight
from gemsieve.model.gemma.quantised import Quantised

# Outputs of a quantised weight turned back into floats at a time, on the way back.
_BLOCK = 128


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Adapted(meta.AxisMetadata[Weight]):
    """Hold a weight and its adapter in a tree of parameters; Flax opens it into a `Weight`.

    Attributes:
        base: The weight: floats, or integers that stand for them; its inputs are its first axes.
        down: float32, [*inputs, rank].
        up: float32, [rank, *outputs].
        scale: What their product counts: alpha / rank.
    """

    base: jax.Array | Quantised
    down: jax.Array
    up: jax.Array
    scale: float = dataclasses.field(metadata={"static": True})

    def unbox(self) -> Weight:
        """Return the sum of both as `product` takes it."""
        return _Sum(self)

    def replace_boxed(self, val: Any) -> Any:  # noqa: ANN401 - Flax's signature
        """Let a plain weight take the place of both: a fresh value has no adapter."""
        return val

    def add_axis(self, index: int, params: dict[Any, Any]) -> Adapted:  # noqa: ARG002
        """Return itself: nothing here names an axis."""
        return self

    def remove_axis(self, index: int, params: dict[Any, Any]) -> Adapted:  # noqa: ARG002
        """Return itself, as `add_axis` does."""
        return self


class _Sum:
    """A weight and its adapter at work; opaque to JAX, as `Kernel` is."""

    def __init__(self, stored: Adapted) -> None:
        self._stored = stored

    @property
    def shape(self) -> tuple[int, ...]:
        """The weight's shape."""
        return self._stored.base.shape

    def product(self, x: jax.Array, dtype: jax.typing.DTypeLike) -> jax.Array:
        """Sum `x`, whose last axes are the inputs, over them; the result is [..., *outputs]."""
        stored = self._stored
        inputs = stored.down.ndim - 1
        low = contract(contract(x, stored.down, inputs), stored.up, 1)
        return self._base(x, inputs).astype(dtype) + stored.scale * low.astype(dtype)

    def _base(self, x: jax.Array, inputs: int) -> jax.Array:
        """Multiply by the weight alone."""
        base = self._stored.base
        if not isinstance(base, Quantised):
            return contract(x, base, inputs)
        product: jax.Array = _fixed(x, base)
        return product


@jax.custom_vjp
def _fixed(x: jax.Array, weight: Quantised) -> jax.Array:
    """Multiply by a weight that is never changed, so that its floats are not kept to do so."""
    return weight.unbox().product(x, x.dtype)


def _forward(x: jax.Array, weight: Quantised) -> tuple[jax.Array, Quantised]:
    return _fixed(x, weight), weight


def _backward(weight: Quantised, gradient: jax.Array) -> tuple[jax.Array, None]:
    """Multiply by the weight turned round, a block of its outputs at a time."""
    stored = weight.values.shape[0]
    columns = gradient.reshape(-1, stored).T
    size = math.gcd(stored, _BLOCK)
    parts = (weight.values, weight.scales, columns)
    blocks = tuple(part.reshape(-1, size, part.shape[-1]) for part in parts)

    def add(total: jax.Array, block: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
        values, scales, slopes = block
        floats = jnp.concatenate(weight.halves(values, scales), axis=-1).astype(slopes.dtype)
        change = jnp.einsum("on,oi->ni", slopes, floats, preferred_element_type=jnp.float32)
        return total + change, None

    inputs = [weight.shape[axis] for axis in weight.summed]
    start = jnp.zeros((columns.shape[1], math.prod(inputs)), jnp.float32)
    total, _ = jax.lax.scan(add, start, blocks)
    lead = gradient.shape[: gradient.ndim - len(weight.outputs)]
    return total.reshape(*lead, *inputs).astype(gradient.dtype), None


_fixed.defvjp(_forward, _backward)
