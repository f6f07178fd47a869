"""Low-rank adapters: nothing changes at first, only they learn, and they can be added back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
import pytest
from tests.model.reference import loud_params

from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.product import product
from gemsieve.model.gemma.quantise import quantise
from gemsieve.model.gemma.transformer import Transformer
from gemsieve.model.training.loss import next_token_loss
from gemsieve.model.training.tuning.lora import TARGETS, adapt, adapters, merge_back, with_adapters

CONFIG = replace(named("test"), num_layers=2)
# A weight, what goes into it, and an adapter's second half.
SHAPES = ((2, 4, 6), (2, 3, 2, 4), (2, 6))
TOKENS = jnp.arange(24).reshape(2, 12) * 7 % CONFIG.vocab_size


@jax.jit
def logits(params: dict[str, Any]) -> Any:
    """Return what the model says of `TOKENS`."""
    return Transformer(CONFIG).apply({"params": params}, TOKENS)[0]


def base(bits: int | None) -> dict[str, Any]:
    """Return a model, but for its embedding in so many bits."""
    params = jax.tree.map(jnp.asarray, loud_params(CONFIG, seed=0))
    return params if bits is None else quantise(params, bits) | {"embedding": params["embedding"]}


def moved(params: dict[str, Any]) -> dict[str, Any]:
    """Return the model with adapters that have learned something."""
    drawn = iter(jax.random.split(jax.random.key(3), 200))
    changed = jax.tree.map(
        lambda leaf: leaf + 0.1 * jax.random.normal(next(drawn), leaf.shape), adapters(params)
    )
    return with_adapters(params, changed)


@pytest.mark.parametrize("bits", [None, 4])
def test_a_fresh_adapter_changes_nothing_and_a_moved_one_can_be_added(bits: int | None) -> None:
    """Logits are those of the base at first; later they are the merged model's, and others."""
    params = base(bits)
    fresh = adapt(params, rank=2, alpha=4)
    before = logits(params)
    np.testing.assert_array_equal(logits(fresh), before)
    after = logits(moved(fresh))
    merged = merge_back(moved(fresh))
    assert jax.tree.map(jnp.shape, merged) == jax.tree.map(jnp.shape, base(None))
    np.testing.assert_allclose(logits(merged), after, atol=2e-3)
    assert np.abs(after - before).max() > 1


def test_only_adapters_learn() -> None:
    """Some steps on an 8-bit base lower the loss; gradients and optimizer know nothing else."""
    params = adapt(base(8), rank=2, alpha=2, seed=1)
    batch = {
        "tokens": TOKENS,
        "positions": jnp.arange(12)[None].repeat(2, 0),
        "segments": jnp.ones_like(TOKENS),
        "targets": (TOKENS + 1) % CONFIG.vocab_size,
        "weights": jnp.ones(TOKENS.shape),
    }
    optimizer = optax.adam(0.02)

    @jax.jit
    def step(trained: Any, memory: Any) -> tuple[Any, Any, jax.Array]:
        def loss(trained: Any) -> jax.Array:
            return next_token_loss(Transformer(CONFIG), with_adapters(params, trained), batch)

        value, slope = jax.value_and_grad(loss)(trained)
        change, memory = optimizer.update(slope, memory)
        return optax.apply_updates(trained, change), memory, value

    trained = adapters(params)
    names = {path[-1].key for path, _ in jax.tree.leaves_with_path(trained)}
    assert names == {"down", "up"}
    memory, losses = optimizer.init(trained), []
    for _ in range(8):
        trained, memory, value = step(trained, memory)
        losses.append(float(value))
    assert losses[-1] < 0.8 * losses[0]
    tuned = with_adapters(params, trained)
    jax.tree.map(np.testing.assert_array_equal, without(tuned), base(8))
    moves = jax.tree.map(lambda new, old: bool(jnp.any(new != old)), trained, adapters(params))
    assert all(jax.tree.leaves(moves))


def without(params: dict[str, Any]) -> dict[str, Any]:
    """Return the tree with each adapted weight as it is alone."""
    return {
        name: without(leaf) if isinstance(leaf, dict) else getattr(leaf, "base", leaf)
        for name, leaf in params.items()
    }


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_gradients_pass_a_quantised_weight(dtype: str) -> None:
    """Those to what goes in, and to the adapter, are those of the floats it stands for."""
    weight, x, up = (jax.random.normal(jax.random.key(i), shape) for i, shape in enumerate(SHAPES))
    small = quantise({"o": weight}, 4)
    exact = {"o": small["o"].floats()}

    def total(x: jax.Array, up: jax.Array, params: dict[str, Any]) -> jax.Array:
        adapted = replace(adapt(params, rank=2, alpha=2)["o"], up=up)
        found = product("btnh,nhd->btd", x, adapted.unbox())
        return jnp.sum(jnp.sin(found.astype(jnp.float32)))

    slope = jax.jit(jax.grad(total, argnums=(0, 1)))
    both = (slope(x.astype(dtype), up, params) for params in (small, exact))
    for found, expected in zip(*both, strict=True):
        assert found.dtype == expected.dtype
        close = {"float32": 1e-4, "bfloat16": 0.2}[dtype]
        np.testing.assert_allclose(
            found.astype(jnp.float32), expected.astype(jnp.float32), atol=close
        )


def test_floats_of_quantised_weights_are_not_kept() -> None:
    """On the way through many weights and back, memory is a small part of what they stand for."""
    width, count = 256, 12
    weight = quantise({"up": jax.random.normal(jax.random.key(0), (width, width))}, 4)
    adapted = [adapt(weight, rank=1, alpha=1, seed=seed)["up"] for seed in range(count)]

    def total(x: jax.Array, weights: list[Any]) -> jax.Array:
        for each in weights:
            x = jnp.tanh(product("btd,df->btf", x, each.unbox()))
        return jnp.sum(x)

    compiled = jax.jit(jax.grad(total)).lower(jnp.ones((1, 2, width)), adapted).compile()
    memory, floats = compiled.memory_analysis(), 4 * width * width * count
    assert memory is not None
    assert memory.temp_size_in_bytes < floats / 4


def test_a_scan_over_layers_takes_adapters() -> None:
    """Stacked, layers keep their adapters."""
    params = moved(adapt(base(None), rank=2, alpha=2, targets=["q", "o", "down"]))
    scanned = Transformer(CONFIG, execution=Execution(scan=True))
    found, _ = jax.jit(partial(scanned.apply))({"params": params}, TOKENS)
    np.testing.assert_allclose(found, logits(params), atol=1e-4)


def test_targets_rank_and_seed() -> None:
    """Only named weights get an adapter, of that rank, the same for the same seed."""
    one, same, other = (
        adapters(adapt(base(None), rank=3, alpha=1, targets=["o"], seed=seed)) for seed in (1, 1, 2)
    )
    assert set(one["layer_1"]) == {"attention"}
    assert set(one["layer_1"]["attention"]) == {"o"}
    found = one["layer_1"]["attention"]["o"]
    assert found["down"].shape == (CONFIG.num_heads, CONFIG.head_dim, 3)
    assert found["up"].shape == (3, CONFIG.embed_dim)
    jax.tree.map(np.testing.assert_array_equal, one, same)
    assert jnp.any(found["down"] != other["layer_1"]["attention"]["o"]["down"])


def test_what_cannot_be_adapted_is_refused() -> None:
    """Each error says what is wrong."""
    with pytest.raises(ValueError, match="rank must be 1 or more"):
        adapt(base(None), rank=0, alpha=1)
    with pytest.raises(ValueError, match="alpha must be above 0"):
        adapt(base(None), rank=1, alpha=0)
    with pytest.raises(ValueError, match="no adapter is known for 'embedding'"):
        adapt(base(None), rank=1, alpha=1, targets=["embedding"])
    once = adapt(base(None), rank=1, alpha=1, targets=["q"])
    with pytest.raises(ValueError, match="layer_0/attention/q has an adapter"):
        adapt(once, rank=1, alpha=1, targets=["q"])
    twice = adapters(adapt(base(None), rank=1, alpha=1, targets=TARGETS))
    with pytest.raises(ValueError, match="layer_0/attention/k/down is in the model or its"):
        with_adapters(once, twice)
