from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.model.reference import logits_of, loud_params

from gemsieve.model.gemma.cache import BLOCK, Cache, cache_bytes, empty_cache, fitted, slots_of
from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.transformer import Transformer

# One layer of each kind; loud enough that a key too few or too many moves the logits.
TINY = replace(named("test"), vocab_size=53, num_layers=2, attn_logit_softcap=5.0)
WINDOW = TINY.sliding_window or 0
DOCUMENT = np.random.default_rng(6).integers(0, 53, 26)
Array = Any


@partial(jax.jit, static_argnums=0)
def apply(config: GemmaConfig, params: dict[str, Any], *inputs: Any) -> Any:
    """Call the model, compiled once for each shape."""
    return Transformer(config).apply({"params": params}, *inputs)


def feed(
    config: GemmaConfig,
    params: dict[str, Any],
    cache: Cache,
    chunks: Sequence[tuple[int, int, int]],
) -> tuple[Array, Cache]:
    """Read on in chunks of (padding before, tokens, padding after); return the tokens' logits."""
    seen, place = [], int(cache.length[0])
    for before, count, after in chunks:
        padding = (before, after)
        tokens = np.pad(DOCUMENT[place : place + count], padding)[None]
        positions = np.pad(np.arange(place, place + count), padding)[None]
        segments = np.pad(np.ones(count, np.int32), padding)[None]
        logits, cache = apply(config, params, tokens, positions, segments, cache)
        seen.append(np.asarray(logits[0, before : before + count]))
        place += count
    return np.concatenate(seen), cache


ONE = (0, 1, 0)


@pytest.mark.parametrize(
    "chunks",
    [
        [(0, 6, 1), *[ONE] * 20],
        [(1, 6, 0), *[ONE] * 20],
        [(0, 7, 0), (0, 7, 0), (0, 2, 5), ONE, ONE, (5, 2, 0), (1, 6, 0)],
        [ONE, ONE, (2, 3, 2), (1, 5, 1), (0, 7, 0), *[ONE] * 9],
    ],
    ids=["right", "left", "chunks", "mixed"],
)
@pytest.mark.parametrize("window", [1, 4, 100])
def test_the_cache_changes_no_logits(window: int, chunks: list[tuple[int, int, int]]) -> None:
    """Whatever the window, the chunks and the side of their padding, far past the window."""
    config = replace(TINY, sliding_window=window)
    params = loud_params(config, seed=6)
    cache = empty_cache(config, 1, 40, "float32")
    logits, cache = feed(config, params, cache, chunks)
    assert int(cache.length[0]) == len(DOCUMENT) == len(logits)
    expected = logits_of(config, params, DOCUMENT.tolist())
    np.testing.assert_allclose(logits, expected, atol=2e-4)


def test_a_ring_keeps_no_more_than_its_window() -> None:
    """It holds the tokens that the next one sees, and the last; one fewer would move the logits."""
    params = loud_params(TINY, seed=6)
    narrower = replace(TINY, sliding_window=WINDOW - 1)
    _, cache = feed(TINY, params, empty_cache(TINY, 1, 40, "float32"), [ONE] * 12)
    rings = [np.asarray(places[0][0]) for places in cache.places]
    assert sorted(rings[0]) == list(range(12 - WINDOW, 12))
    assert rings[1][:12].tolist() == list(range(12))
    moved = logits_of(narrower, params, DOCUMENT.tolist()) - logits_of(
        TINY, params, DOCUMENT.tolist()
    )
    assert np.abs(moved[-1]).max() > 1e-3


def test_a_row_of_padding_stays_as_it_is() -> None:
    """A row at rest takes no slot and keeps what it knows, while its neighbour goes on."""
    params = loud_params(TINY, seed=6)
    cache = empty_cache(TINY, 2, 40, "float32")
    both = np.tile(DOCUMENT[None], (2, 1))
    live = np.ones((2, 1), np.int32)
    rest = np.array([[1], [0]], np.int32)
    for place in range(14):
        mask = rest if 8 <= place < 12 else live
        at = np.array([[place], [place if place < 8 else place - 4]])
        tokens = np.take_along_axis(both, at, axis=1)
        logits, cache = apply(TINY, params, tokens, at, mask, cache)
    assert cache.length.tolist() == [14, 10]
    expected = logits_of(TINY, params, DOCUMENT[:10].tolist())[-1]
    np.testing.assert_allclose(logits[1, 0], expected, atol=2e-4)


def test_a_cache_grows_without_loss() -> None:
    """A document begun in a small cache, its ring included, goes on in a larger one."""
    config = replace(TINY, sliding_window=9)
    params = loud_params(config, seed=6)
    head, small = feed(config, params, empty_cache(config, 1, 7, "float32"), [(0, 7, 0)])
    large = jax.jit(fitted)(small, empty_cache(config, 1, 40, "float32"))
    tail, _ = feed(config, params, large, [ONE] * 19)
    expected = logits_of(config, params, DOCUMENT.tolist())
    np.testing.assert_allclose(np.concatenate([head, tail]), expected, atol=2e-4)


@pytest.mark.parametrize("size", ["2b", "9b", "27b", "tiny", "test"])
def test_memory_is_what_the_formula_says(size: str) -> None:
    """The arrays of a cache have the predicted bytes, at every size, by shapes alone."""
    config = named(size)
    for slots in {1, 100, config.max_length // 2, config.max_length}:
        cache = jax.eval_shape(partial(empty_cache, config, 3, slots, "bfloat16"))
        held = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(cache))
        assert held == cache_bytes(config, 3, slots, "bfloat16")


def test_rings_save_a_quarter_of_a_full_context() -> None:
    """Half of the 2B's layers keep half of its context: 654 MB a row in bfloat16, not 872."""
    ours = cache_bytes(named("2b"), 1, 8192, "bfloat16")
    entry = 2 * 4 * 256 * 2
    assert ours == 13 * (4096 + 8192) * entry + (4096 + 8192) * 8 + 4
    assert ours < 0.751 * 26 * 8192 * entry


def test_long_caches_are_whole_blocks() -> None:
    """Beyond a block, rings and contexts are a multiple of it, so that growth changes no bit."""
    config = replace(TINY, sliding_window=BLOCK + 1)
    assert slots_of(config, BLOCK) == (BLOCK, BLOCK)
    assert slots_of(config, 3 * BLOCK - 5) == (2 * BLOCK, 3 * BLOCK)
    assert slots_of(TINY, 3 * BLOCK) == (TINY.sliding_window, 3 * BLOCK)


def test_a_full_cache_gives_no_logits() -> None:
    """A row written past its last slot comes out as NaN; more tokens than slots are an error."""
    params = loud_params(TINY, seed=7)
    cache = empty_cache(TINY, 2, 4, "float32")
    tokens = np.tile(np.arange(4), (2, 1))
    ones = np.ones((2, 4), np.int32)
    shorter = ones * np.array([[1], [0]])
    logits, cache = apply(TINY, params, tokens, np.tile(np.arange(4), (2, 1)), shorter, cache)
    assert np.isfinite(logits).all()
    at = np.array([[4], [0]])
    logits, _ = apply(TINY, params, at, at, np.ones((2, 1), np.int32), cache)
    assert np.isnan(logits[0]).all()
    assert np.isfinite(logits[1]).all()
    with pytest.raises(ValueError, match="5 tokens do not fit a cache of 4 slots"):
        apply(TINY, params, jnp.zeros((2, 5), jnp.int32), None, None, cache)
