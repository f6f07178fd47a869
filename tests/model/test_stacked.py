from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import numpy as np
import pytest
from tests.model.reference import loud_params

from gemsieve.model.gemma.cache import empty_cache
from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.stacked import stack, unstack
from gemsieve.model.gemma.transformer import Transformer
from gemsieve.model.training.loss import next_token_loss


def documents(layers: int) -> dict[str, Any]:
    """Return a batch of two packed documents."""
    tokens = np.random.default_rng(layers).integers(0, named("test").vocab_size, (1, 13))
    return {
        "tokens": tokens,
        "positions": np.concatenate([np.arange(8), np.arange(5)])[None],
        "segments": np.repeat([1, 2], [8, 5])[None],
        "targets": np.roll(tokens, -1, axis=1),
        "weights": np.ones((1, 13), np.float32),
    }


def gradient_of(layers: int, execution: Execution) -> Any:
    """Return a jitted function from parameters and a batch to the loss and its gradient."""
    model = Transformer(replace(named("test"), num_layers=layers), execution=execution)
    return jax.jit(jax.value_and_grad(partial(next_token_loss, model)))


def gradient(params: dict[str, Any], layers: int, execution: Execution) -> Any:
    """Return the loss of two packed documents, and its gradient."""
    return gradient_of(layers, execution)(params, documents(layers))


def loud(layers: int) -> dict[str, Any]:
    """Return weights of a model of that many layers."""
    return loud_params(replace(named("test"), num_layers=layers), seed=layers)


@pytest.mark.parametrize("layers", [1, 4, 5])
def test_unstacking_undoes_stacking(layers: int) -> None:
    """Names, shapes and values come back, with a layer left over or without."""
    jax.tree.map(np.testing.assert_array_equal, unstack(stack(loud(layers))), loud(layers))


@pytest.mark.parametrize(
    ("layers", "execution"),
    [(5, Execution(scan=True, remat="full")), (1, Execution(scan=True, remat="dots"))],
)
def test_a_scan_gives_what_the_layers_in_a_row_give(layers: int, execution: Execution) -> None:
    """Loss and every gradient are equal, though activations are computed a second time."""
    expected = gradient(loud(layers), layers, Execution())
    value, stacked = gradient(stack(loud(layers)), layers, execution)
    close = partial(np.testing.assert_allclose, rtol=2e-3, atol=1e-4)
    jax.tree.map(close, (value, unstack(stacked)), expected)


def test_a_scan_is_as_small_for_many_layers_as_for_few() -> None:
    """The program to compile for 26 layers is under a fifth of that of layers in a row."""

    def lines(execution: Execution) -> int:
        model = Transformer(replace(named("test"), num_layers=26), execution=execution)
        shapes = jax.eval_shape(stack, loud(26)) if execution.scan else loud(26)
        tokens = np.zeros((1, 8), int)
        return len(jax.jit(model.apply).lower({"params": shapes}, tokens).as_text().splitlines())

    assert lines(Execution(scan=True)) < lines(Execution()) / 5


@pytest.mark.parametrize("scan", [False, True])
def test_dots_makes_no_product_twice(scan: bool) -> None:
    """A step has as many products as where all is kept; "full" makes a layer's a second time."""

    def products(execution: Execution) -> int:
        params = stack(loud(2)) if execution.scan else loud(2)
        lowered = gradient_of(2, execution).lower(params, documents(2))
        text: str = lowered.as_text()
        return text.count("stablehlo.dot_general")

    none, dots, full = (
        products(Execution(remat=remat, scan=scan)) for remat in ("none", "dots", "full")
    )
    assert none == dots < full


def test_a_scan_refuses_a_cache() -> None:
    """Decoding wants layers in a row; the error says so."""
    config = named("test")
    model = Transformer(config, execution=Execution(scan=True))
    cache = empty_cache(config, 1, 8, "float32")
    with pytest.raises(ValueError, match="takes no cache"):
        model.apply({"params": loud(3)}, np.zeros((1, 2), int), None, None, cache)
