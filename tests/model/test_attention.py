from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemsieve.model.gemma.chunked_attention import Rule, chunked_attend, visited
from gemsieve.model.gemma.dense_attention import attend
from gemsieve.model.gemma.visible import Places, visible

LENGTH = 29


@st.composite
def rows(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Draw positions and segments of packed documents, with padding on either side."""
    lengths = draw(st.lists(st.integers(1, 14), min_size=1, max_size=3))
    segments = [0] * draw(st.integers(0, 6))
    positions = segments.copy()
    for segment, length in enumerate(lengths, start=1):
        segments += [segment] * length
        positions += range(length)
    padding = [0] * LENGTH
    return (positions + padding)[:LENGTH], (segments + padding)[:LENGTH]


def in_blocks(
    rule: Rule, places: Places, query: jax.Array, key: jax.Array, value: jax.Array
) -> jax.Array:
    """Attend in the way under test."""
    return chunked_attend(query, key, value, places, rule)


def at_once(
    rule: Rule, places: Places, query: jax.Array, key: jax.Array, value: jax.Array
) -> jax.Array:
    """Attend by one matrix of logits; 0 at padding."""
    mixed = attend(query, key, value, visible(places, places, rule.window), rule.cap)
    return jnp.where(places[1][:, :, None, None] != 0, mixed, 0)


@partial(jax.jit, static_argnums=(0, 1))
def both_ways(way: Callable[..., jax.Array], rule: Rule, places: Places, *arrays: jax.Array) -> Any:
    """Return the output, and the gradients of its product with the last array."""
    output, back = jax.vjp(partial(way, rule, places), *arrays[:3])
    return output, back(arrays[3])


@settings(max_examples=25)
@given(
    row=rows(),
    rule=st.sampled_from(
        [Rule(None, 2.0, 8), Rule(1, 2.0, 8), Rule(5, None, 4), Rule(9, 2.0, 4), Rule(3, 2.0, 64)]
    ),
    seed=st.integers(0, 1000),
)
def test_blocks_give_what_all_logits_at_once_give(
    row: tuple[list[int], list[int]], rule: Rule, seed: int
) -> None:
    """Output and the gradients of queries, keys and values equal dense attention's."""
    rng = np.random.default_rng(seed)
    arrays = [
        (scale * rng.standard_normal((1, LENGTH, heads, 4))).astype(np.float32)
        for scale, heads in [(3, 4), (1, 2), (1, 2), (1, 4)]
    ]
    places = (np.asarray(row[0])[None], np.asarray(row[1])[None])
    jax.tree.map(
        partial(np.testing.assert_allclose, atol=3e-5),
        both_ways(in_blocks, rule, places, *arrays),
        both_ways(at_once, rule, places, *arrays),
    )


@pytest.mark.parametrize("window", [None, 1, 2, 8, 9, 10, 17])
def test_blocks_that_nobody_sees_are_not_visited(window: int | None) -> None:
    """The pairs listed are those that hold a query and a key it may see, no more and no fewer."""
    block, blocks = 8, 5
    row = jnp.arange(block * blocks)[None], jnp.ones((1, block * blocks), int)
    seen = np.asarray(visible(row, row, window))[0]
    tiles = seen.reshape(blocks, block, blocks, block).any(axis=(1, 3))
    assert visited(blocks, block, window) == [(int(i), int(j)) for i, j in np.argwhere(tiles)]


def temporary(length: int) -> int:
    """Return the bytes that the gradient of attention takes beside its arguments and results."""
    shape = jax.ShapeDtypeStruct((1, length, 2, 4), "float32")  # type: ignore[no-untyped-call]
    place = jax.ShapeDtypeStruct((1, length), "int32")  # type: ignore[no-untyped-call]

    def total(query: jax.Array, key: jax.Array, value: jax.Array, at: jax.Array) -> jax.Array:
        return jnp.sum(chunked_attend(query, key, value, (at, at), Rule(None, 50.0, 256)) ** 2)

    gradient = jax.jit(jax.grad(total, argnums=(0, 1, 2)))
    statistics = gradient.lower(shape, shape, shape, place).compile().memory_analysis()
    assert statistics is not None
    return int(statistics.temp_size_in_bytes)


def test_memory_grows_with_the_length_alone() -> None:
    """Forward and backward, each doubling of a row costs twice the doubling before, not 4 times."""
    small, middle, large = (temporary(length) for length in (1024, 2048, 4096))
    assert large - middle < 2.2 * (middle - small)
