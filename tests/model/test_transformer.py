from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.model.reference import logits_of, loud_params

from gemsieve.model.gemma.cache import empty_cache
from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.transformer import Transformer

TINY = replace(named("test"), vocab_size=53, attn_logit_softcap=5.0, final_logit_softcap=8.0)
Array = npt.NDArray[Any]


@partial(jax.jit, static_argnums=0)
def apply(config: GemmaConfig, params: dict[str, Any], *inputs: Any) -> Any:
    """Call the model, compiled once for each shape."""
    return Transformer(config).apply({"params": params}, *inputs)


def run(config: GemmaConfig, params: dict[str, Any], tokens: Array, *places: Array) -> Array:
    """Return the logits of a batch."""
    return np.asarray(apply(config, params, tokens, *places)[0])


@st.composite
def configs(draw: st.DrawFn) -> GemmaConfig:
    """Draw small shapes of every kind the architecture allows."""
    groups, each = draw(st.sampled_from([(1, 1), (1, 4), (2, 2), (3, 1)]))
    return GemmaConfig(
        vocab_size=draw(st.integers(5, 60)),
        embed_dim=draw(st.integers(4, 24)),
        hidden_dim=draw(st.integers(4, 32)),
        num_layers=draw(st.integers(1, 3)),
        num_heads=groups * each,
        num_kv_heads=groups,
        head_dim=draw(st.sampled_from([2, 8])),
        query_pre_attn_scalar=draw(st.floats(2, 16)),
        sliding_window=draw(st.integers(1, 6)),
        attn_logit_softcap=draw(st.sampled_from([None, 5.0, 50.0])),
        final_logit_softcap=draw(st.sampled_from([None, 3.0, 30.0])),
        rope_base=draw(st.sampled_from([100.0, 10_000.0])),
        norm_eps=draw(st.sampled_from([1e-6, 1e-2])),
    )


@settings(max_examples=8)
@given(config=configs(), seed=st.integers(0, 1000))
def test_agrees_with_an_independent_implementation(config: GemmaConfig, seed: int) -> None:
    """Logits of any shape equal those of the slow NumPy reference."""
    params = loud_params(config, seed)
    document = np.random.default_rng(seed).integers(0, config.vocab_size, 11)
    ours = run(config, params, document[None])[0]
    np.testing.assert_allclose(ours, logits_of(config, params, document.tolist()), atol=2e-4)


@pytest.mark.parametrize(
    "mistake",
    [
        {"attn_logit_softcap": None},
        {"final_logit_softcap": None},
        {"sliding_window": 5},
        {"sliding_window": 10_000},
        {"query_pre_attn_scalar": TINY.head_dim},
        {"rope_base": 20_000.0},
        {"norm_eps": 1e-3},
    ],
    ids=str,
)
def test_the_reference_sees_usual_mistakes(mistake: dict[str, float | None]) -> None:
    """The weights are loud enough that each wrong constant would fail the comparison."""
    params = loud_params(TINY, seed=1)
    document = list(range(11))
    right = logits_of(TINY, params, document)
    wrong = logits_of(replace(TINY, **mistake), params, document)  # type: ignore[arg-type]
    assert np.abs(right - wrong).max() > 1e-3


def test_nothing_flows_back_in_time() -> None:
    """The gradient of one position's logits is zero for every later token's embedding."""
    model, params = Transformer(TINY), loud_params(TINY, seed=2)
    tokens, position = jnp.arange(12)[None], 5

    def logit_sum(embedding: jax.Array) -> jax.Array:
        # Each token is its own row; the output side keeps the old embedding.
        x, _ = model.apply(
            {"params": {**params, "embedding": embedding}}, tokens, method="features"
        )
        return jnp.sum(x[0, position])

    gradient = np.asarray(jax.jit(jax.grad(logit_sum))(params["embedding"]))
    reached = np.abs(gradient[:12]).max(axis=1) > 0
    assert reached.tolist() == [True] * (position + 1) + [False] * (11 - position)


@pytest.mark.parametrize("window", [1, 4])
def test_a_local_layer_sees_its_window_and_no_further(window: int) -> None:
    """With one layer, a token depends on itself and the `window - 1` tokens before it."""
    config = replace(TINY, num_layers=1, sliding_window=window)
    params = loud_params(config, seed=3)
    tokens = np.arange(12)[None]
    base = run(config, params, tokens)[0, -1]
    moved = []
    for place in range(12):
        changed = tokens.copy()
        changed[0, place] = 40
        moved.append(bool(np.abs(run(config, params, changed)[0, -1] - base).max() > 0))
    assert moved == [False] * (12 - window) + [True] * window


def test_packed_documents_do_not_see_each_other() -> None:
    """Logits of documents packed into one row equal those of each document alone."""
    params = loud_params(TINY, seed=4)
    rng = np.random.default_rng(4)
    documents = [rng.integers(0, 53, length) for length in (7, 1, 9)]
    segments = np.repeat([1, 2, 3], [7, 1, 9])[None]
    positions = np.concatenate([np.arange(len(d)) for d in documents])[None]
    packed = run(TINY, params, np.concatenate(documents)[None], positions, segments)[0]
    alone = np.concatenate([logits_of(TINY, params, d.tolist()) for d in documents])
    np.testing.assert_allclose(packed, alone, atol=2e-4)


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_changes_nothing(side: str) -> None:
    """Logits of a padded document, longer than the window, equal those without padding."""
    params = loud_params(TINY, seed=5)
    document = np.random.default_rng(5).integers(0, 53, 10)
    pad = (6, 0) if side == "left" else (0, 6)
    places = (np.pad(np.arange(10), pad)[None], np.pad(np.ones(10, np.int32), pad)[None])
    padded = run(TINY, params, np.pad(document, pad)[None], *places)[0]
    real = padded[6:] if side == "left" else padded[:10]
    np.testing.assert_allclose(real, logits_of(TINY, params, document.tolist()), atol=2e-4)
    assert np.isfinite(padded).all()


@pytest.mark.parametrize("side", ["left", "right"])
def test_cached_logits_equal_uncached_ones(side: str) -> None:
    """Token by token after a padded prompt, far past the window, the cache changes nothing."""
    params = loud_params(TINY, seed=6)
    document = np.random.default_rng(6).integers(0, 53, 24)
    prompt, pad = 6, 3
    widths = (pad, 0) if side == "left" else (0, pad)
    cache = empty_cache(TINY, 1, 24 + pad, jnp.dtype("float32"))
    places = (np.pad(np.arange(prompt), widths)[None], np.pad(np.ones(prompt, int), widths)[None])
    logits, cache = apply(TINY, params, np.pad(document[:prompt], widths)[None], *places, cache)
    seen = [np.asarray(logits[0, pad + prompt - 1 if side == "left" else prompt - 1])]
    for index in range(prompt, 24):
        token, position = document[index][None, None], np.array([[index]])
        logits, cache = apply(TINY, params, token, position, np.ones((1, 1), int), cache)
        seen.append(np.asarray(logits[0, 0]))
    expected = logits_of(TINY, params, document.tolist())[prompt - 1 :]
    np.testing.assert_allclose(np.stack(seen), expected, atol=2e-4)


def test_a_full_cache_gives_no_logits() -> None:
    """A row written past its last slot comes out as NaN; more tokens than slots are an error."""
    params = loud_params(TINY, seed=7)
    cache = empty_cache(TINY, 1, 4, jnp.dtype("float32"))
    logits, cache = apply(TINY, params, np.arange(4)[None], None, None, cache)
    assert np.isfinite(logits).all()
    logits, _ = apply(TINY, params, np.array([[9]]), np.array([[4]]), None, cache)
    assert np.isnan(logits).all()
    with pytest.raises(ValueError, match="5 tokens do not fit a cache of 4 slots"):
        apply(TINY, params, np.arange(5)[None], None, None, cache)


@pytest.mark.parametrize(("size", "scale"), [("2b", 48.0), ("9b", 59.75), ("27b", 68.0)])
def test_the_embedding_scale_is_rounded_as_trained(size: str, scale: float) -> None:
    """In bfloat16 the three sizes multiply embeddings by exactly 48, 59.75 and 68."""
    wide = named(size).embed_dim
    config = replace(named("test"), embed_dim=wide, hidden_dim=2, vocab_size=4, num_layers=1)
    ones = jax.tree.map(np.ones_like, loud_params(config, seed=0))
    _, sown = Transformer(config, dtype="bfloat16").apply(
        {"params": ones}, np.zeros((1, 1), int), method="features", mutable=["intermediates"]
    )
    assert float(sown["intermediates"]["hidden"][0][0, 0, 0]) == scale
