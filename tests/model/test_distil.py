"""Distillation: a loss is 0 where the student says what the teacher says, and nowhere else."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemsieve.model.training.chunked_loss import chunked_loss
from gemsieve.model.training.distillation.distil import (
    DistillationSettings,
    Divergence,
    Listed,
    completed,
    divergence,
    likeliest,
)
from gemsieve.model.training.distillation.taught_loss import Asked, Lesson, Teaching

WORDS = 8
KINDS: tuple[Divergence, ...] = ("forward", "reverse")


def logits(seed: int, *shape: int) -> jax.Array:
    """Draw logits, [WORDS, *shape], far enough from each other to tell."""
    drawn = np.random.default_rng(seed).normal(scale=2, size=(WORDS, *shape))
    return jnp.asarray(drawn, jnp.float32)


def kl(p: Any, q: Any, axis: int = 0) -> np.ndarray:
    """Return KL(p, q) of probabilities, written out."""
    p, q = np.asarray(p, np.float64), np.asarray(q, np.float64)
    return np.asarray(np.sum(p * (np.log(p) - np.log(q)), axis))


@partial(jax.jit, static_argnames="k")
def told_by(teacher: jax.Array, k: int) -> Listed:
    """Return what a teacher of these logits tells."""
    return likeliest(teacher, k)


@partial(jax.jit, static_argnames="kind")
def apart(student: jax.Array, listed: Listed, kind: Divergence = "forward") -> Any:
    """Return the divergence from a list, and its gradient, of a student's logits [WORDS, ...]."""
    heard = jax.nn.log_softmax(student, axis=0)
    return divergence(completed(listed, heard), heard, kind)


def test_a_whole_list_is_the_whole_distribution() -> None:
    """With k the vocabulary the bucket is empty, and both divergences are as defined."""
    teacher, student = logits(1, 5), logits(2, 5)
    p, q = (np.exp(x) / np.exp(x).sum(axis=0) for x in (np.asarray(teacher), np.asarray(student)))
    listed = told_by(teacher, WORDS)
    np.testing.assert_allclose(apart(student, listed)[0], kl(p, q), rtol=1e-4)
    np.testing.assert_allclose(apart(student, listed, "reverse")[0], kl(q, p), rtol=1e-4)


def test_the_bucket_sees_what_a_list_made_whole_does_not() -> None:
    """A known answer: two listed tokens of .001 each, told by a student that gives them .498 each.

    Made whole, both say 1/2, 1/2: no loss. The divergence of (.001, .001, .998) from
    (.498, .498, .004) is 5.5; ours tells it, and its gradient moves the student to the others.
    """
    teacher = np.log(np.array([0.001, 0.001, *[0.998 / 6] * 6], "f"))
    student = np.log(np.array([0.498, 0.498, *[0.004 / 6] * 6], "f"))
    known = (np.array([0, 1]), teacher[:2], np.log(np.float32(0.998)))
    listed = Listed(*map(jnp.asarray, known))
    whole = [np.exp(x[:2]) / np.sum(np.exp(x[:2])) for x in (teacher, student)]
    assert kl(*whole) == pytest.approx(0, abs=1e-6)
    found, slope = apart(student, listed)
    assert found == pytest.approx(kl([0.001, 0.001, 0.998], [0.498, 0.498, 0.004]), rel=1e-4)
    assert found > 5
    assert np.all(slope[:2] > 0)
    assert np.all(slope[2:] < 0)


def test_it_is_0_where_the_student_agrees() -> None:
    """Loss and gradient vanish at the teacher's own probabilities, whatever is in the bucket."""
    teacher = logits(3, 5)
    for kind in KINDS:
        for found in apart(teacher, told_by(teacher, 3), kind):
            np.testing.assert_allclose(found, 0, atol=1e-5)


def test_a_sure_teacher_leaves_no_nan() -> None:
    """All probability on the listed tokens, as rounding gives it: loss and gradient are finite."""
    sure = jnp.asarray([40.0, *[0.0] * 7])
    for student in (sure, -sure):
        for kind in KINDS:
            assert all(
                np.all(np.isfinite(part)) for part in apart(student, likeliest(sure, 2), kind)
            )


BATCH, LENGTH, WIDTH, TEACHER_WIDTH, CAP, Z_LOSS = 2, 7, 5, 3, 3.0, 0.1


def plain(
    settings: DistillationSettings, student: jax.Array, teacher: jax.Array, targets: jax.Array
) -> jax.Array:
    """Write the losses of capped logits [batch, length, WORDS] down from their definition."""
    heat = settings.temperature
    heard, told = (jax.nn.log_softmax(x / heat, axis=-1) for x in (student, teacher))
    if k := settings.likeliest:
        kth = jnp.sort(told, axis=-1)[..., -k, None]
        heard, told = (
            jnp.concatenate(
                [
                    jnp.where(told >= kth, x, -30.0),
                    jax.nn.logsumexp(jnp.where(told >= kth, -jnp.inf, x), axis=-1, keepdims=True),
                ],
                axis=-1,
            )
            for x in (heard, told)
        )
    p, q = (told, heard) if settings.divergence == "forward" else (heard, told)
    chosen = jnp.take_along_axis(jax.nn.log_softmax(student), targets[..., None], axis=-1)[..., 0]
    log_total = jax.nn.logsumexp(student, axis=-1)
    distilled = heat**2 * jnp.sum(jnp.exp(p) * (p - q), axis=-1)
    learned = settings.share * distilled - (1 - settings.share) * chosen
    return learned + Z_LOSS * log_total**2


def cases() -> dict[str, DistillationSettings]:
    """Return settings of each kind, by name."""
    return {
        "whole, mixed, warm": DistillationSettings(temperature=2.0, share=0.7),
        "listed, reverse, warm": DistillationSettings(
            likeliest=3, divergence="reverse", temperature=1.5
        ),
    }


@pytest.mark.parametrize("name", cases())
def test_chunks_give_the_plain_loss_and_its_gradients(name: str) -> None:
    """Value and gradients equal autodiff's of the definition; a stored list is as good."""
    settings, rng = cases()[name], np.random.default_rng(4)
    x, y = (
        jnp.asarray(rng.standard_normal((BATCH, LENGTH, n)), "f") for n in (WIDTH, TEACHER_WIDTH)
    )
    kernel, other = (
        2 * rng.standard_normal((WORDS, n)).astype("f") for n in (WIDTH, TEACHER_WIDTH)
    )
    targets = jnp.asarray(rng.integers(0, WORDS, (BATCH, LENGTH)))
    weights = rng.random((BATCH, LENGTH)).astype("f")
    teaching = Teaching(CAP, Z_LOSS, 4, settings, teacher_cap=CAP)

    def told(features: Any, embedding: Any) -> jax.Array:
        return CAP * jnp.tanh(jnp.einsum("btd,vd->btv", features, embedding) / CAP)

    def expected(x: jax.Array, kernel: jax.Array, weights: jax.Array) -> jax.Array:
        return jnp.sum(weights * plain(settings, told(x, kernel), told(y, other), targets))

    asked = Lesson(targets, Asked(y))
    ways: list[tuple[Lesson, Any]] = [(asked, other)]
    if settings.likeliest:
        heat = settings.temperature
        listed = likeliest(jnp.moveaxis(told(y, other), -1, 0) / heat, settings.likeliest)
        ways.append((Lesson(targets, listed), None))
    right = jax.jit(jax.value_and_grad(expected, argnums=(0, 1, 2)))(x, kernel, weights)
    for lesson, kept in ways:
        ours = partial(chunked_loss, teaching, told=lesson, kept=kept)
        found = jax.jit(jax.value_and_grad(ours, argnums=(0, 1, 2)))(x, kernel, weights)
        jax.tree.map(partial(np.testing.assert_allclose, rtol=2e-4, atol=2e-4), found, right)


def test_neither_models_logits_exist_whole() -> None:
    """Four times the tokens cost far less than one more set of one model's logits."""
    words = 4096

    def memory(length: int) -> int:
        shapes = [
            jax.ShapeDtypeStruct(shape, kind)  # type: ignore[no-untyped-call]
            for shape, kind in [
                ((2, length, 8), "float32"),
                ((words, 8), "float32"),
                ((2, length), "float32"),
                ((2, length), "int32"),
                ((2, length, 8), "float32"),
            ]
        ]
        teaching = Teaching(30.0, 0.0, 64, DistillationSettings(), teacher_cap=30.0)

        def loss(x: Any, kernel: Any, weights: Any, targets: Any, y: Any) -> jax.Array:
            return chunked_loss(teaching, x, kernel, weights, Lesson(targets, Asked(y)), kernel)

        compiled = jax.jit(jax.value_and_grad(loss, argnums=(0, 1))).lower(*shapes).compile()
        statistics = compiled.memory_analysis()
        assert statistics is not None
        return int(statistics.temp_size_in_bytes)

    assert memory(1024) - memory(256) < 2 * (1024 - 256) * words * 4 / 20


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"share": 1.5}, "share must be above 0 and at most 1, not 1.5"),
        ({"temperature": 0.0}, "temperature must be above 0"),
        ({"divergence": "sideways"}, "forward or reverse, not 'sideways'"),
    ],
)
def test_settings_are_checked(wrong: dict[str, Any], told: str) -> None:
    """A value out of its range is named."""
    with pytest.raises(ValueError, match=told):
        DistillationSettings(**wrong)
