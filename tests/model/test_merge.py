"""Merging: the ends are the models themselves, the way between is an arc, shapes must agree."""

from __future__ import annotations

from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.transformer import Params, initialise
from gemsieve.model.training.merging.merge import average, slerp, towards

START = jax.tree.map(np.asarray, initialise(named("test"), seed=0))


def tuned(seed: int, spread: float = 0.1) -> Params:
    """Return the start with noise added, as tuning would."""
    rng = np.random.default_rng(seed)

    def moved(leaf: np.ndarray) -> np.ndarray:
        return (leaf + spread * rng.standard_normal(leaf.shape)).astype(np.float32)

    model: Params = jax.tree.map(moved, START)
    return model


def close(one: Params, other: Params) -> None:
    """Assert that two models are equal to rounding."""
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), one, other)


def tasks(model: Params) -> list[np.ndarray]:
    """Return what was added to the start, tensor by tensor."""
    pairs = zip(jax.tree.leaves(model), jax.tree.leaves(START), strict=True)
    return [leaf - origin for leaf, origin in pairs]


def length(model: Params) -> float:
    """Return the length of the largest task vector."""
    return float(np.linalg.norm(max(tasks(model), key=np.size)))


def test_one_model_is_itself_and_equal_models_stay() -> None:
    """Nothing is lost by merging a model with nothing, or with itself."""
    model = tuned(1)
    for merged in (slerp(START, [model]), slerp(START, [model] * 3), average([model] * 2)):
        close(merged, model)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.integers(100, 199))
def test_two_models_meet_half_way_whichever_comes_first(one: int, other: int) -> None:
    """Of two, the order does not matter; of two equally far out, half the angle is from each."""
    first, second = (jax.tree.map(level, START, tuned(seed)) for seed in (one, other))
    merged = slerp(START, [first, second])
    close(merged, slerp(START, [second, first]))
    for middle, *ends in zip(tasks(merged), tasks(first), tasks(second), strict=True):
        assert np.vdot(middle, ends[0]) == pytest.approx(np.vdot(middle, ends[1]), rel=1e-3)


def level(origin: np.ndarray, leaf: np.ndarray) -> np.ndarray:
    """Return a tensor moved towards or away from its origin, to a distance of 1."""
    moved: np.ndarray = origin + (leaf - origin) / np.linalg.norm(leaf - origin)
    return moved


@pytest.mark.parametrize("count", [2, 3, 5])
def test_an_arc_keeps_the_length_that_a_mean_loses(count: int) -> None:
    """Task vectors of one length at wide angles keep it; their mean is about sqrt(count) shorter.

    Seen on the largest tensor, where noise of one spread has one length.
    """
    models = [tuned(seed) for seed in range(count)]
    own = length(models[0])
    assert length(slerp(START, models)) == pytest.approx(own, rel=0.02)
    assert length(average(models)) == pytest.approx(own / count**0.5, rel=0.02)


def test_parallel_and_opposite_tasks_go_straight() -> None:
    """Where there is no angle, the line between is taken, and nothing is NaN."""
    model = tuned(3)
    twice = jax.tree.map(lambda leaf, origin: origin + 2 * (leaf - origin), model, START)
    expected = jax.tree.map(lambda leaf, origin: origin + 1.5 * (leaf - origin), model, START)
    close(slerp(START, [model, twice]), expected)
    back = jax.tree.map(lambda leaf, origin: 2 * origin - leaf, model, START)
    close(slerp(START, [model, back]), START)
    close(slerp(START, [START, START]), START)


def test_interpolation_ends_at_both_ends() -> None:
    """0 is the start, 1 the model, and half way is half way."""
    model = tuned(4)
    close(towards(START, model, 0), START)
    close(towards(START, model, 1), model)
    close(towards(START, model, 0.5), average([START, model]))


def test_a_mean_is_weighted() -> None:
    """Weights are shares of their sum."""
    one, other = tuned(5), tuned(6)
    close(average([one, other], [1, 3]), towards(one, other, 0.75))


def test_what_cannot_be_merged_is_refused_by_name() -> None:
    """Other shapes, no models, bad shares and bad weights are told."""
    other = {**START, "embedding": START["embedding"][:-1]}
    with pytest.raises(ValueError, match=r"embedding.*\(320, 24\).*\(319, 24\)"):
        slerp(START, [other])
    without = {name: leaf for name, leaf in START.items() if name != "final_norm"}
    with pytest.raises(ValueError, match=r"final_norm.*None"):
        average([START, without])
    for nothing in (partial(slerp, START, []), partial(average, [])):
        with pytest.raises(ValueError, match="one model or more"):
            nothing()
    with pytest.raises(ValueError, match=r"from 0 to 1, not 1\.5"):
        towards(START, START, 1.5)
    for weights in ([1.0], [1.0, -1.0], [0.0, 0.0], [1.0, float("nan")]):
        with pytest.raises(ValueError, match="2 numbers"):
            average([START, START], weights)
