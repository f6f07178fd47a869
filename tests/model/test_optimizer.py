from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from itertools import chain, repeat
from pathlib import Path

import jax
import numpy as np
import pytest

from gemsieve.model.checkpoints.checkpoint import open_checkpoints, restore
from gemsieve.model.checkpoints.forms import load
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.transformer import initialise
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.loss import Batch, text_loss
from gemsieve.model.training.optimizer import OptimizerSettings, make_optimizer, make_schedule
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.step import State, fresh, in_parts, make_update
from gemsieve.model.training.train import train


@pytest.fixture(scope="module")
def modern(settings: TrainSettings) -> TrainSettings:
    """Return settings of a short run with everything that is off by default."""
    optimizer = dataclasses.replace(
        settings.optimizer, kind="muon", schedule="wsd", decay_fraction=0.5, ema=0.5
    )
    loop = dataclasses.replace(settings.train, steps=12, on_nan="skip")
    execution = Execution(accumulate=2)
    return dataclasses.replace(settings, optimizer=optimizer, train=loop, execution=execution)


def batch_of(settings: TrainSettings, weight: float = 1.0) -> dict[str, np.ndarray]:
    """Return a batch of one token again and again, each of the same weight in the loss."""
    rows = settings.train.batch_size, settings.data.sequence_length
    names = ("tokens", "positions", "segments", "targets")
    batch: dict[str, np.ndarray] = {name: np.ones(rows, np.int32) for name in names}
    return batch | {"weights": np.full(rows, weight, np.float32)}


def begun(
    settings: TrainSettings,
) -> tuple[Callable[[State, Batch], tuple[State, jax.Array, jax.Array]], State]:
    """Return a step and the state before the first."""
    params = initialise(settings.model, settings.train.init_seed)
    loss = text_loss(settings.model, settings.execution)
    return make_update(settings, loss, fixed={}), fresh(settings, params)


def test_wsd_rises_stays_and_falls() -> None:
    """Up in a straight line, level until the last steps, then straight down to the fraction."""
    rate = make_schedule(
        OptimizerSettings(
            schedule="wsd",
            learning_rate=1.0,
            warmup_steps=4,
            decay_fraction=0.2,
            final_fraction=0.1,
        ),
        steps=20,
    )
    rates = [float(rate(step)) for step in range(21)]
    np.testing.assert_allclose(rates[:5], [0, 0.25, 0.5, 0.75, 1], rtol=1e-6)
    np.testing.assert_allclose(rates[4:17], 1)
    np.testing.assert_allclose(rates[17:], [0.775, 0.55, 0.325, 0.1], rtol=1e-6)


def test_muon_turns_matrices_and_leaves_the_rest_to_nadam() -> None:
    """A kernel's step is near orthogonal, whichever axes it sums over; NAdam's is of signs."""
    draw = np.random.default_rng(3).normal
    shapes = {"q": (12, 2, 3), "o": (2, 3, 12), "embedding": (20, 12), "scale": (12,)}
    gradient = {name: draw(size=shape).astype(np.float32) for name, shape in shapes.items()}
    settings = OptimizerSettings(kind="muon", warmup_steps=0, learning_rate=1.0, weight_decay=0.0)
    optimizer = make_optimizer(settings, steps=10)
    zeros = jax.tree.map(np.zeros_like, gradient)
    updates, _ = optimizer.update(gradient, optimizer.init(zeros), zeros)
    for name in ("q", "o"):
        values = np.linalg.svd(np.reshape(updates[name], (12 if name == "q" else 6, -1)))[1]
        # Its root mean square is that of AdamW: 0.2 times the root of the longer side.
        assert 0.6 < values.min() / (0.2 * 12**0.5) < values.max() / (0.2 * 12**0.5) < 1.3
    for name in ("embedding", "scale"):
        # Twice the first gradient, its mean's bias taken away for the next step, then for this one.
        length = 0.9 * 0.1 / (1 - 0.9**2) + 1
        np.testing.assert_allclose(updates[name], -length * np.sign(gradient[name]), rtol=1e-3)


def test_parts_of_a_batch_add_up(settings: TrainSettings) -> None:
    """Loss and gradient in parts of unequal weights, one without any, are the whole batch's."""
    loss_of = text_loss(settings.model, settings.execution)
    random = np.random.default_rng(4)
    tokens = random.integers(0, 300, (6, 9))
    batch = {
        "tokens": tokens[:, :-1],
        "positions": np.tile(np.arange(8), (6, 1)),
        "segments": np.ones((6, 8), int),
        "targets": tokens[:, 1:],
        "weights": random.random((6, 8)) * np.array([[5, 1, 1, 0.1, 0, 0]]).T,
    }
    params = initialise(settings.model, seed=1)
    whole, parts = (jax.jit(in_parts(loss_of, n))(params, {}, batch) for n in (1, 3))
    np.testing.assert_allclose(parts[0], whole[0], rtol=1e-6)
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-3, atol=1e-6), parts[1], whole[1])


def test_a_run_with_an_average_resumes_to_the_bit(
    tmp_path: Path, data: Path, modern: TrainSettings
) -> None:
    """Ended and resumed, or undisturbed, it has the same average, which is what is loaded."""
    ends = chain(repeat(False, 5), repeat(True))
    assert train(modern, Inputs((data,)), tmp_path / "ended", stop=lambda: next(ends)).steps == 5
    summaries = [
        train(modern, Inputs((data,)), tmp_path / name) for name in ("ended", "undisturbed")
    ]
    assert summaries[0].entries == summaries[1].entries
    assert summaries[0].entries[-1]["loss"] < summaries[0].entries[0]["loss"] - 0.3
    loaded = [load(tmp_path / name).params for name in ("ended", "undisturbed")]
    assert all(jax.tree.leaves(jax.tree.map(np.array_equal, *loaded)))
    with open_checkpoints(tmp_path / "ended") as manager:
        items = restore(manager, 12, params=loaded[0], average=loaded[0])
    assert all(jax.tree.leaves(jax.tree.map(np.array_equal, items["average"], loaded[0])))
    assert not np.array_equal(items["params"]["embedding"], loaded[0]["embedding"])


def test_the_average_follows_its_formula(modern: TrainSettings) -> None:
    """After step n a share of min(ema, (1 + n) / (10 + n)) of the old mean is left."""
    batch = batch_of(modern)
    update, state = begun(modern)
    for step in range(2):
        assert state.average is not None
        before = np.array(state.average["embedding"])
        state, _, _ = update(state, batch)
        stays = (1 + step) / (10 + step)
        expected = stays * before + (1 - stays) * np.array(state.params["embedding"])
        np.testing.assert_allclose(state.model["embedding"], expected, rtol=1e-5, atol=1e-7)


def test_a_step_without_a_number_is_skipped(modern: TrainSettings) -> None:
    """Asked to skip, a step whose loss is NaN counts, but leaves all else as it was, to the bit."""
    update, state = begun(modern)
    before = jax.tree.map(np.array, (state.params, state.optimizer, state.average))
    state, loss, _ = update(state, batch_of(modern, weight=float("nan")))
    assert state.step == 1
    assert np.isnan(loss)
    after = state.params, state.optimizer, state.average
    assert all(jax.tree.leaves(jax.tree.map(np.array_equal, before, after)))


def test_skipped_steps_are_counted_and_not_averaged(
    tmp_path: Path, data: Path, modern: TrainSettings
) -> None:
    """The line of metrics after a skipped step says so; its mean is over the other steps."""
    ends = chain(repeat(False, 5), repeat(True))
    train(modern, Inputs((data,)), tmp_path, stop=lambda: next(ends))
    (path,) = (tmp_path / "checkpoints" / "5" / "losses").glob("metadata*")
    path.write_text('{"losses": [NaN]}', encoding="utf-8")
    (tmp_path / "checkpoints" / "5" / "digests.json").unlink()  # they would tell of the change
    entries = train(modern, Inputs((data,)), tmp_path).entries
    assert {entry["step"]: entry["skipped"] for entry in entries if "skipped" in entry} == {6: 1}
    assert all(np.isfinite(entry["loss"]) for entry in entries)
