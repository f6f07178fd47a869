"""tokamax's attention beside our own: by its XLA form, as a CPU has none of its kernels."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemsieve.model.gemma.dense_attention import attend
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.pallas_names import KERNELS, mend
from gemsieve.model.gemma.self_attention import Manner, attend_to_itself
from gemsieve.model.gemma.tokamax_attention import (
    Kernels,
    UnsupportedAttention,
    tokamax_attend,
)
from gemsieve.model.gemma.visible import visible

LENGTH = 16
# Two packed documents and padding on the right; padding on the left and one document.
SEGMENTS = np.array([[1] * 6 + [2] * 7 + [0] * 3, [0] * 5 + [1] * 11])
POSITIONS = np.array([[*range(6), *range(7), 0, 0, 0], [0] * 5 + [*range(11)]])
PLACES = (jnp.asarray(POSITIONS), jnp.asarray(SEGMENTS))


def inputs() -> tuple[jax.Array, jax.Array, jax.Array]:
    """Draw queries, keys and values: two rows, four heads, two key and value heads."""
    rng = np.random.default_rng(3)

    def draw(heads: int) -> jax.Array:
        return jnp.asarray(2 * rng.standard_normal((2, LENGTH, heads, 8)), jnp.float32)

    return draw(4), draw(2), draw(2)


def gradients(attention: Callable[..., jax.Array]) -> list[jax.Array]:
    """Return the output and the gradients of a sum over the tokens that are no padding."""
    real = jnp.asarray(SEGMENTS != 0)[..., None, None]

    def total(*args: jax.Array) -> tuple[jax.Array, jax.Array]:
        mixed = jnp.where(real, attention(*args), 0.0)
        return jnp.sum(jnp.sin(mixed)), mixed

    slopes, mixed = jax.jit(jax.grad(total, argnums=(0, 1, 2), has_aux=True))(*inputs())
    return [mixed, *slopes]


@pytest.mark.parametrize("by_row", [False, True])
@pytest.mark.parametrize(("window", "cap"), [(4, 2.0), (None, 5.0)])
def test_tokamax_agrees_with_dense_attention(
    window: int | None, cap: float | None, by_row: bool
) -> None:
    """Output and gradients are ours, over packing, padding, windows and soft caps."""
    pytest.importorskip("tokamax")
    how = Kernels(window, cap, "xla", by_row)

    def theirs(q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
        return tokamax_attend(q, k, v, PLACES, how)

    def ours(q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
        return attend(q, k, v, visible(PLACES, PLACES, window), cap)

    for left, right in zip(gradients(theirs), gradients(ours), strict=True):
        np.testing.assert_allclose(left, right, atol=2e-5)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="this device may have the kernels")
def test_a_cpu_has_no_kernels() -> None:
    """Both the choice in a configuration and a kernel asked for directly say what to do."""
    chosen = Manner(4, 2.0, Execution(attention="tokamax"))
    with pytest.raises(UnsupportedAttention, match=r'needs a GPU or a TPU.* choose "chunked"'):
        attend_to_itself(*inputs(), PLACES, chosen)
    pytest.importorskip("tokamax")
    with pytest.raises(UnsupportedAttention, match=r'no kernel here.*choose "chunked"'):
        tokamax_attend(*inputs(), PLACES, Kernels(4, 2.0, "mosaic_gpu", by_row=False))


def test_kernels_are_called_by_names_that_jax_has() -> None:
    """The JAX that is installed takes what tokamax's modules call it with, and warns of nothing."""
    pytest.importorskip("tokamax")
    mend()
    shape = jax.eval_shape(lambda: jnp.zeros(3))
    for name in KERNELS:
        kernel = importlib.import_module(name).plgpu.kernel
        assert callable(kernel(lambda *_: None, out_shape=shape, scratch_shapes=[]))
