"""Weights in 8 and 4 bits against floats, and against qwix."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.model.reference import loud_params

from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.product import product, rows
from gemsieve.model.gemma.quantise import dequantise, quantise
from gemsieve.model.gemma.quantised import Kernel, Quantised
from gemsieve.model.gemma.transformer import Transformer

FORMS = [(8, None), (8, 4), (4, None), (4, 4)]


def weight(*shape: int) -> jax.Array:
    """Return numbers of a normal distribution."""
    return jax.random.normal(jax.random.key(sum(shape)), shape)


@partial(jax.jit, static_argnums=0)
def forward(config: GemmaConfig, params: dict[str, Any], tokens: jax.Array) -> Any:
    """Return the logits of a model without a cache."""
    return Transformer(config).apply({"params": params}, tokens)[0]


@pytest.mark.parametrize(("bits", "group"), [(8, None), (4, 4)])
def test_the_model_runs_on_quantised_weights(bits: int, group: int | None) -> None:
    """Logits from integers equal those from the floats the integers stand for."""
    config = replace(named("test"), num_layers=1)
    params = quantise(loud_params(config, seed=0), bits, group)
    tokens = jnp.arange(12)[None] * 7 % config.vocab_size
    expected = forward(config, dequantise(params), tokens)
    np.testing.assert_allclose(forward(config, params, tokens), expected, atol=2e-5)


@pytest.mark.parametrize("form", FORMS)
def test_blocks_and_all_at_once_agree(form: tuple[int, int | None]) -> None:
    """A CPU's blocks (two, and two rows left), an accelerator's product and floats agree."""
    stored = quantise({"o": weight(3, 8, 130)}, *form)["o"]
    x = weight(2, 3, 3, 8)

    @jax.jit
    def three_ways(stored: Quantised, x: jax.Array) -> tuple[jax.Array, ...]:
        kernel = Kernel(stored)
        blocks = product("btnh,nhd->btd", x, kernel)
        whole = kernel._all(x.reshape(6, -1), stored.values, stored.scales)
        floats = jnp.einsum("btnh,nhd->btd", x, stored.floats())
        return blocks, whole.T.reshape(blocks.shape), floats

    blocks, whole, floats = three_ways(stored, x)
    np.testing.assert_allclose(blocks, floats, atol=1e-5)
    np.testing.assert_allclose(whole, floats, atol=1e-5)


@pytest.mark.parametrize(("bits", "group"), FORMS)
def test_rounding_costs_half_a_level_at_most(bits: int, group: int | None) -> None:
    """No weight moves further than half of its scale, and equal sign and order are kept."""
    floats = weight(8, 5, 6)
    stored = quantise({"q": floats}, bits, group)["q"]
    size = 8 // stored.scales.shape[1]
    limit = np.repeat(np.asarray(stored.scales).reshape(5, 6, -1), size, axis=-1) / 2
    error = np.abs(np.asarray(stored.floats() - floats)).transpose(1, 2, 0)
    assert (error <= limit * 1.0001).all()
    assert error.max() > 0


@pytest.mark.parametrize(("bits", "group"), FORMS)
def test_an_embedding_is_looked_up_by_row(bits: int, group: int | None) -> None:
    """Rows come out as they are in the whole; a token beyond the last one gives NaN, as floats."""
    table = quantise({"embedding": weight(10, 8)}, bits, group)["embedding"]
    tokens = jnp.asarray([[3, 0], [9, 10]])
    found = rows(Kernel(table), tokens, "float32")
    np.testing.assert_array_equal(found, rows(table.floats(), tokens, "float32"))
    assert jnp.isnan(found[1, 1]).all()


@pytest.mark.parametrize(("bits", "group"), FORMS)
def test_levels_are_those_of_qwix(bits: int, group: int | None) -> None:
    """The floats that the integers stand for are qwix's, to the last bit but two.

    But for a negative extreme, which lies between two levels and takes either of them there.
    """
    qwix = pytest.importorskip("qwix")
    floats = weight(24, 12)
    tiles = {} if group is None else {0: group}
    theirs = qwix.quantize(floats, f"int{bits}", channelwise_axes=[1], tiled_axes=tiles)
    ours = quantise({"up": floats}, bits, group)["up"].floats()
    grouped = floats.reshape(-1, group or 24, 12)
    between = (grouped == -np.abs(grouped).max(1, keepdims=True)).reshape(24, 12)
    assert between.any()
    np.testing.assert_allclose(ours[~between], qwix.dequantize(theirs)[~between], rtol=3e-7)


@pytest.mark.parametrize("bits", [8, 4])
def test_the_extremes_of_a_group_take_the_last_levels(bits: int) -> None:
    """A group's largest value gets its sign's last level, however a division would round it."""
    floats = weight(32, 512)
    largest = 2 ** (bits - 1) - 1
    values = quantise({"up": floats}, bits, 32)["up"].floats()
    levels = np.round(values / np.abs(floats).max(0) * (largest + 0.5))
    extremes = np.take_along_axis(levels, np.abs(floats).argmax(0)[None], 0)
    assert set(np.unique(extremes)) == {-largest, largest}


def test_a_quantised_model_is_small() -> None:
    """Matrices take a byte a weight in 8 bits and half of one in 4, and norms stay floats."""
    params: dict[str, Any] = {"up": weight(64, 32), "norm": {"scale": weight(64)}}
    for bits, size in ((8, 64 * 32), (4, 64 * 32 // 2)):
        small = quantise(params, bits, group=32)
        assert small["up"].values.nbytes == size
        assert small["up"].scales.nbytes == 4 * 64 * 32 // 32
        np.testing.assert_array_equal(small["norm"]["scale"], params["norm"]["scale"])


def test_what_cannot_be_quantised_is_refused() -> None:
    """Other bits, an empty group, an odd number of inputs in 4 bits: each error says which."""
    with pytest.raises(ValueError, match="8 or 4 bits, not to 3"):
        quantise({}, 3)
    with pytest.raises(ValueError, match="1 input or more, not 0"):
        quantise({}, 4, 0)
    with pytest.raises(ValueError, match=r"even number of inputs.* has 5"):
        quantise({"up": weight(5, 4)}, 4)


def test_a_weight_of_another_shape_is_refused() -> None:
    """Flax compares the shape a quantised weight stands for with the model's."""
    params = quantise(loud_params(named("test"), seed=0), 8)
    params["layer_0"]["feed_forward"]["up"] = quantise({"up": weight(24, 41)}, 8)["up"]
    assert isinstance(params["layer_0"]["feed_forward"]["up"], Quantised)
    with pytest.raises(Exception, match="up"):
        forward(named("test"), params, jnp.zeros((1, 2), jnp.int32))
