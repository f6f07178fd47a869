"""What a student is told by its teacher, beside or instead of the next token.

The report's small models learn from a teacher's whole distribution (arXiv 2408.00118, section 3).
A teacher that is asked once and stored can tell only its likeliest tokens; the rest of its
probability is told too, as one more outcome, "any other token". Leaving it out and calling what is
left 1 would reward a student for tokens that the teacher thinks unlikely together.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp


def from_distribution(
    student: jax.Array, teacher: jax.Array, temperature: float = 1.0
) -> jax.Array:
    """Return the cross-entropy of the student to the teacher's whole distribution, in nats.

    Args:
        student: Logits, [..., vocab_size].
        teacher: Logits in the same shape; no gradient flows to them.
        temperature: Divides both; losses are multiplied by its square, so that the gradient keeps
            its size (arXiv 1503.02531, section 2).

    Returns:
        [...], float32: the KL divergence, and the teacher's entropy, which no student can change.
    """
    wide = jax.lax.stop_gradient(teacher).astype(jnp.float32) / temperature
    told = jax.nn.softmax(wide, axis=-1)
    heard = jax.nn.log_softmax(student.astype(jnp.float32) / temperature, axis=-1)
    return -jnp.sum(told * heard, axis=-1) * temperature**2


def from_likeliest(student: jax.Array, tokens: jax.Array, logprobs: jax.Array) -> jax.Array:
    """Return the cross-entropy to a teacher's likeliest tokens and, in one bucket, all others.

    Equal to `from_distribution` where the k tokens are the whole vocabulary. Else what the teacher
    thinks of each token in the bucket is not known: the loss is least where the student gives each
    listed token, and all others together, what the teacher gives them.

    Args:
        student: Logits, [..., vocab_size].
        tokens: The teacher's likeliest tokens, [..., k], all different.
        logprobs: Its log probabilities of them, in nats, [..., k].

    Returns:
        [...], float32.
    """
    wide = student.astype(jnp.float32)
    total = jax.nn.logsumexp(wide, axis=-1)
    heard = jnp.take_along_axis(wide, tokens, axis=-1) - total[..., None]
    told = jnp.exp(jax.lax.stop_gradient(logprobs).astype(jnp.float32))
    losses = -jnp.sum(told * heard, axis=-1)
    if tokens.shape[-1] == wide.shape[-1]:
        return losses
    # The others' share is summed over themselves: 1 minus the listed share would round to nothing.
    listed = jnp.any(tokens[..., None] == jnp.arange(wide.shape[-1]), axis=-2)
    others = jax.nn.logsumexp(jnp.where(listed, -jnp.inf, wide), axis=-1) - total
    return losses - jnp.clip(1.0 - jnp.sum(told, axis=-1), 0.0) * others


def likeliest(teacher: jax.Array, k: int) -> tuple[jax.Array, jax.Array]:
    """Return a teacher's k likeliest tokens and their log probabilities, [..., k] each."""
    logprobs, tokens = jax.lax.top_k(jax.nn.log_softmax(teacher.astype(jnp.float32), axis=-1), k)
    return tokens, logprobs


def mixed(distilled: jax.Array, next_token: jax.Array, share: float) -> jax.Array:
    """Return `share` of the teacher's losses and the rest of those of the next tokens.

    Raises:
        ValueError: `share` is not from 0 to 1.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"the teacher's share of the loss must be from 0 to 1, not {share}")
    return share * distilled + (1.0 - share) * next_token
