from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.transformer import Transformer, initialise
from gemsieve.model.training.chunked_loss import chunked_loss
from gemsieve.model.training.cross_entropy import Objective
from gemsieve.model.training.loss import next_token_loss

Loss = Callable[..., jax.Array]
BATCH, LENGTH, WIDTH, VOCABULARY = 2, 7, 5, 11


def total_loss(
    objective: Objective, x: jax.Array, kernel: jax.Array, targets: jax.Array, weights: jax.Array
) -> jax.Array:
    """Return our loss, its arguments in the order of `plain_loss`."""
    return chunked_loss(objective, x, kernel, weights, targets)


def plain_loss(
    objective: Objective, x: jax.Array, kernel: jax.Array, targets: jax.Array, weights: jax.Array
) -> jax.Array:
    """Write the loss down from its definition, all logits at once."""
    logits = jnp.einsum("btd,vd->btv", x, kernel)
    if objective.cap is not None:
        logits = objective.cap * jnp.tanh(logits / objective.cap)
    log_total = jnp.log(jnp.sum(jnp.exp(logits), axis=-1))
    chosen = jnp.take_along_axis(logits, targets[:, :, None], axis=-1)[:, :, 0]
    return jnp.sum(weights * (log_total - chosen + objective.z_loss * log_total**2))


@partial(jax.jit, static_argnums=(0, 1))
def tripled(loss: Loss, objective: Objective, *inputs: jax.Array) -> Any:
    """Return three times the loss, and its gradients to features, embedding and weights."""

    def scaled(x: jax.Array, kernel: jax.Array, targets: jax.Array, w: jax.Array) -> jax.Array:
        return 3.0 * loss(objective, x, kernel, targets, w)

    return jax.value_and_grad(scaled, argnums=(0, 1, 3))(*inputs)


@settings(max_examples=12)
@given(
    seed=st.integers(0, 1000),
    objective=st.sampled_from(
        [Objective(3.0, 0.1, 1), Objective(None, 0.1, 6), Objective(3.0, 0.0, 100)]
    ),
)
def test_chunks_give_the_plain_loss_and_its_gradients(seed: int, objective: Objective) -> None:
    """Value and all three gradients equal autodiff's of the definition, whatever the chunk."""
    rng = np.random.default_rng(seed)
    inputs = (
        rng.standard_normal((BATCH, LENGTH, WIDTH)).astype(np.float32),
        2 * rng.standard_normal((VOCABULARY, WIDTH)).astype(np.float32),
        rng.integers(0, VOCABULARY, (BATCH, LENGTH)),
        rng.random((BATCH, LENGTH)).round(1).astype(np.float32),
    )
    close = partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-4)
    ours = tripled(total_loss, objective, *inputs)
    jax.tree.map(close, ours, tripled(plain_loss, objective, *inputs))
    # Without a gradient the loss takes another way through the code.
    close(3.0 * jax.jit(total_loss, static_argnums=0)(objective, *inputs), ours[0])


def memory(vocab_size: int, length: int) -> int:
    """Return the bytes a gradient of the loss takes beside its arguments and results."""
    shapes = [
        jax.ShapeDtypeStruct(shape, kind)  # type: ignore[no-untyped-call]
        for shape, kind in [
            ((2, length, 8), "float32"),
            ((vocab_size, 8), "float32"),
            ((2, length), "int32"),
            ((2, length), "float32"),
        ]
    ]
    loss = partial(total_loss, Objective(30.0, 1e-4, 64))
    compiled = jax.jit(jax.value_and_grad(loss, argnums=(0, 1))).lower(*shapes).compile()
    statistics = compiled.memory_analysis()
    assert statistics is not None
    return int(statistics.temp_size_in_bytes)


def test_the_whole_logits_never_exist() -> None:
    """Four times the tokens cost far less than one more set of their logits."""
    vocabulary = 4096
    more = memory(vocabulary, 1024) - memory(vocabulary, 256)
    assert more < 2 * (1024 - 256) * vocabulary * 4 / 20


def test_masked_targets_do_not_count() -> None:
    """A weight of 0 hides its target; all of them 0 give 0, not NaN."""
    config = replace(named("test"), num_layers=1)
    params = initialise(config, 0)
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, config.vocab_size, (1, 6))
    batch = {
        "tokens": tokens,
        "positions": np.arange(6)[None],
        "segments": np.ones((1, 6), int),
        "targets": np.roll(tokens, -1),
        "weights": np.array([[0, 1, 1, 0, 1, 1]], np.float32),
    }
    loss = jax.jit(partial(next_token_loss, Transformer(config)))
    other = {**batch, "targets": np.where(batch["weights"] > 0, batch["targets"], 3)}
    assert loss(params, batch) == loss(params, other) > 0
    assert loss(params, {**batch, "weights": np.zeros((1, 6), np.float32)}) == 0


def test_an_execution_is_checked() -> None:
    """A choice that does not exist is answered with those that do."""
    with pytest.raises(ValueError, match="attention must be one of chunked, dense"):
        Execution(attention="fast")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="loss_tokens must be at least 1, not 0"):
        Execution(loss_tokens=0)
