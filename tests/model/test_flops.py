from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.flops import forward_flops, training_flops
from gemsieve.model.gemma.transformer import Transformer, initialise
from gemsieve.model.gemma.visible import visible

TEST = replace(named("test"), num_layers=3)


def products(jaxpr: Any) -> int:
    """Count a product and a sum for each term of each matrix product of a traced function."""
    total = 0
    for equation in jaxpr.eqns:
        for inner in jax.tree.leaves(list(equation.params.values()), is_leaf=is_jaxpr):
            total += products(inner.jaxpr) if is_jaxpr(inner) else 0
        if equation.primitive.name == "dot_general":
            (summed, _), _ = equation.params["dimension_numbers"]
            shape = equation.invars[0].aval.shape
            total += 2 * equation.outvars[0].aval.size * prod(shape[axis] for axis in summed)
    return total


def is_jaxpr(value: object) -> bool:
    """Say whether a value is a traced function."""
    return isinstance(value, jax.extend.core.ClosedJaxpr)


@pytest.mark.parametrize("config", [TEST, replace(TEST, post_norms=False)], ids=["2", "1.1"])
def test_one_token_takes_the_products_of_its_trace(config: GemmaConfig) -> None:
    """For a token that sees itself alone, the formula counts what the traced model multiplies."""
    params = jax.eval_shape(lambda: initialise(config, seed=0))
    model, token = Transformer(config), jnp.zeros((1, 1), jnp.int32)
    traced = jax.make_jaxpr(lambda p: model.apply({"params": p}, token))(params)
    assert forward_flops(config, 1) == products(traced.jaxpr)


@pytest.mark.parametrize(("length", "past"), [(1, 0), (3, 0), (11, 0), (1, 9), (5, 3), (6, 20)])
def test_attention_takes_four_operations_for_each_key_seen(length: int, past: int) -> None:
    """Beside the matrices, each visible pair costs 4 heads * head_dim, by the masks themselves."""
    place = jnp.arange(past + length)[None], jnp.ones((1, past + length), int)
    new = place[0][:, past:], place[1][:, past:]
    masks = [visible(new, place, TEST.window(layer)) for layer in range(3)]
    pairs = int(jnp.stack(masks).sum())
    each = 4 * TEST.num_heads * TEST.head_dim
    matrices = length * (forward_flops(TEST, 1) - 3 * each)
    assert forward_flops(TEST, length, past) == matrices + each * pairs


def test_training_the_9b_takes_about_six_operations_a_parameter_and_token() -> None:
    """The rule of thumb 6 N D holds to what attention adds, an eighth at 8,192 tokens."""
    rule = 6 * (917_962_752 + 8_324_201_984) * 8192
    assert 1.1 < training_flops(named("9b"), 8192) / rule < 1.15
