"""Distillation: a loss is least where the student says what the teacher says, and nowhere else."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemsieve.model.training.distil import from_distribution, from_likeliest, likeliest, mixed

WORDS = 8


def logits(seed: int, rows: int = 5) -> jax.Array:
    """Draw logits, [rows, WORDS]."""
    drawn = np.random.default_rng(seed).normal(scale=2, size=(rows, WORDS))
    return jnp.asarray(drawn, jnp.float32)


def kl(teacher: np.ndarray, student: np.ndarray) -> np.ndarray:
    """Return KL(teacher, student) of probabilities, written out."""
    return np.asarray(np.sum(teacher * (np.log(teacher) - np.log(student)), axis=-1))


def test_the_loss_is_the_divergence_and_the_teachers_entropy() -> None:
    """Against the definition, at temperatures 1 and 2."""
    for temperature in (1.0, 2.0):
        p, q = (np.asarray(jax.nn.softmax(logits(i) / temperature), np.float64) for i in (1, 2))
        entropy = -np.sum(p * np.log(p), axis=-1)
        expected = (kl(p, q) + entropy) * temperature**2
        found = from_distribution(logits(2), logits(1), temperature)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_whole_list_is_the_whole_distribution() -> None:
    """With k the vocabulary, the bucket is empty and both losses are one."""
    tokens, logprobs = likeliest(logits(1), WORDS)
    whole = from_distribution(logits(2), logits(1))
    np.testing.assert_allclose(from_likeliest(logits(2), tokens, logprobs), whole, rtol=1e-5)


def test_the_bucket_sees_what_a_list_made_whole_does_not() -> None:
    """A known answer: two listed tokens of .001 each, told by a student that gives them .5 each.

    Made whole, both say 1/2, 1/2: no loss. The divergence of (.001, .001, .998) from
    (.5, .5, little) is large; ours tells it, and its gradient moves the student to the others.
    """
    teacher = jnp.log(jnp.asarray([0.001, 0.001, *[0.998 / 6] * 6]))
    student = jnp.log(jnp.asarray([0.498, 0.498, *[0.004 / 6] * 6]))
    tokens, logprobs = jnp.asarray([0, 1]), teacher[:2]
    entropy = -(0.002 * np.log(0.001) + 0.998 * np.log(0.998))
    divergence = float(from_likeliest(student, tokens, logprobs)) - entropy
    expected = 0.002 * np.log(0.001 / 0.498) + 0.998 * np.log(0.998 / 0.004)
    assert divergence == pytest.approx(expected, rel=1e-4)
    assert divergence > 5
    slope = jax.grad(lambda x: from_likeliest(x, tokens, logprobs))(student)
    assert np.all(slope[:2] > 0)
    assert np.all(slope[2:] < 0)


def test_it_is_least_where_the_student_agrees() -> None:
    """The gradient vanishes at the teacher's own probabilities, whatever stands in the bucket."""
    teacher = logits(3)
    tokens, logprobs = likeliest(teacher, 3)
    slope = jax.grad(lambda x: jnp.sum(from_likeliest(x, tokens, logprobs)))(teacher)
    np.testing.assert_allclose(slope, 0, atol=1e-6)
    slope = jax.grad(lambda x: jnp.sum(from_distribution(x, teacher)))(teacher)
    np.testing.assert_allclose(slope, 0, atol=1e-6)


def test_a_sure_teacher_leaves_no_nan() -> None:
    """All probability on the listed tokens, as rounding gives it: loss and gradient are finite."""
    sure = jnp.asarray([[40.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    tokens, logprobs = likeliest(sure, 2)
    for student in (sure, -sure):
        loss, slope = jax.value_and_grad(lambda x: jnp.sum(from_likeliest(x, tokens, logprobs)))(
            student
        )
        assert np.isfinite(loss)
        assert np.all(np.isfinite(slope))


def test_the_teacher_learns_nothing() -> None:
    """No gradient flows to it."""
    slope = jax.grad(lambda t: jnp.sum(from_distribution(logits(2), t)))(logits(1))
    assert not np.any(slope)


def test_shares_of_the_loss() -> None:
    """0 is the next token's, 1 the teacher's, and beyond is refused."""
    one, other = jnp.float32(2), jnp.float32(4)
    assert [float(mixed(one, other, share)) for share in (0, 0.5, 1)] == [4, 3, 2]
    with pytest.raises(ValueError, match=r"from 0 to 1, not 1\.5"):
        mixed(one, other, 1.5)
