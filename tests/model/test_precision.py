from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.transformer import initialise
from gemsieve.model.training.loss import text_loss
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.step import State, fresh, make_update

Batch = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def batch(settings: TrainSettings) -> Batch:
    """Return a batch of random tokens."""
    shape = settings.train.batch_size, settings.data.sequence_length
    tokens = np.random.default_rng(2).integers(0, settings.model.vocab_size, shape)
    return {
        "tokens": tokens,
        "positions": np.tile(np.arange(shape[1]), (shape[0], 1)),
        "segments": np.ones_like(tokens),
        "targets": np.roll(tokens, -1, axis=1),
        "weights": np.ones(shape, np.float32),
    }


@pytest.fixture(scope="module")
def shallow(settings: TrainSettings) -> TrainSettings:
    """Return settings of a model of one layer, which compiles sooner."""
    model = dataclasses.replace(settings.model, num_layers=1)
    return dataclasses.replace(settings, model=model)


def stepped(settings: TrainSettings, batch: Batch, steps: int) -> tuple[State, list[float]]:
    """Return the state after some steps on one batch, and the loss before each."""
    state = fresh(settings, initialise(settings.model, seed=0))
    update = make_update(settings, text_loss(settings.model, settings.execution), fixed={})
    losses = []
    for _ in range(steps):
        state, loss, _ = update(state, batch)
        losses.append(float(loss))
    return state, losses


def test_masters_stay_float32_and_losses_stay_close(shallow: TrainSettings, batch: Batch) -> None:
    """In bfloat16 all that is kept is float32, and ten steps' losses are float32's within 1 %."""
    mixed = dataclasses.replace(shallow, execution=Execution(precision="bfloat16"))
    _, exact = stepped(shallow, batch, 10)
    state, rounded = stepped(mixed, batch, 10)
    kinds = {leaf.dtype for leaf in jax.tree.leaves(state)}
    assert {kind for kind in kinds if jnp.issubdtype(kind, jnp.floating)} == {np.dtype("float32")}
    assert exact[-1] < exact[0] - 0.5
    np.testing.assert_allclose(rounded, exact, rtol=0.01)
    # It was bfloat16: a step in float32 would have given the same loss to seven digits.
    assert abs(rounded[0] - exact[0]) > 1e-6
