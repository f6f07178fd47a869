"""What a student is told by its teacher, and how far it is from saying the same.

The report's small models learn from a teacher's whole distribution (arXiv 2408.00118, section 3).
A teacher that is asked once and stored can tell only its likeliest tokens; the rest of its
probability is told too, as one more outcome, "any other token". Leaving it out and calling what is
left 1 would reward a student for tokens that the teacher thinks unlikely together.

The vocabulary is the first axis of everything here, as in the chunks of a loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp

Divergence = Literal["forward", "reverse"]


@dataclass(frozen=True, kw_only=True)
class DistillationSettings:
    """Set how a student learns from a teacher, where it has one.

    Attributes:
        share: The teacher's part of the loss, from 0 to 1; the rest is the next token's.
        temperature: Divides both models' logits (arXiv 1503.02531, section 2).
        likeliest: How many tokens the teacher tells, and the probability of all others in one; 0:
            the whole distribution.
        divergence: "forward", KL(teacher, student), or "reverse", KL(student, teacher), which
            forgives a student for leaving out what it cannot say (arXiv 2306.13649, section 2).
        on_policy: In which part of the steps, from 0 to 1, answers of chats are the student's own.

    Raises:
        ValueError: A value is out of its range.
    """

    share: float = 1.0
    temperature: float = 1.0
    likeliest: int = 0
    divergence: Divergence = "forward"
    on_policy: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 < self.share <= 1.0:
            raise ValueError(f"share must be above 0 and at most 1, not {self.share}")
        if not self.temperature > 0.0:
            raise ValueError(f"temperature must be above 0, not {self.temperature}")
        if self.divergence not in ("forward", "reverse"):
            raise ValueError(f"divergence must be forward or reverse, not {self.divergence!r}")
        if not 0.0 <= self.on_policy <= 1.0:
            raise ValueError(f"on_policy must be from 0 to 1, not {self.on_policy}")
        if self.on_policy and self.share < 1.0:
            raise ValueError(
                "on_policy needs share = 1: a student's own words are no example to it"
            )


class Listed(NamedTuple):
    """A teacher's likeliest tokens, and in one bucket all others.

    Attributes:
        tokens: [..., k], integers, all different.
        logprobs: Their log probabilities, in nats, [..., k].
        rest: The log probability of all others together, [...].
    """

    tokens: jax.Array
    logprobs: jax.Array
    rest: jax.Array


def likeliest(logits: jax.Array, k: int) -> Listed:
    """Return the k likeliest tokens by logits [vocab_size, ...]."""
    logprobs = jnp.moveaxis(jax.nn.log_softmax(logits.astype(jnp.float32), axis=0), 0, -1)
    listed, tokens = jax.lax.top_k(logprobs, k)
    # The others' part is summed over themselves: 1 minus the listed would round to nothing.
    others = jnp.put_along_axis(logprobs, tokens, -jnp.inf, axis=-1, inplace=False)
    return Listed(tokens, listed, jax.nn.logsumexp(others, axis=-1))


def completed(listed: Listed, heard: jax.Array) -> jax.Array:
    """Return a teacher's log probabilities of all tokens, [vocab_size, ...].

    In the bucket, of which it tells the sum, they are in the student's own proportions: the
    divergence from the student is then that between lists with a bucket each.

    Args:
        listed: What the teacher told, [...].
        heard: The student's log probabilities, [vocab_size, ...].
    """
    unknown = jnp.full_like(heard, -jnp.inf)
    tokens, logprobs = (jnp.moveaxis(part, -1, 0) for part in (listed.tokens, listed.logprobs))
    known = jnp.put_along_axis(unknown, tokens, logprobs.astype(heard.dtype), 0, inplace=False)
    is_listed = jnp.isfinite(known)
    others = jax.nn.logsumexp(jnp.where(is_listed, -jnp.inf, heard), axis=0)
    return jnp.where(is_listed, known, heard + (listed.rest.astype(heard.dtype) - others))


def divergence(
    told: jax.Array, heard: jax.Array, kind: Divergence = "forward"
) -> tuple[jax.Array, jax.Array]:
    """Return a divergence in nats, 0 where both say the same, and its gradient.

    Args:
        told: The teacher's log probabilities, [vocab_size, ...].
        heard: The student's, in the same shape.
        kind: Which.

    Returns:
        [...], and the gradient to the student's logits, [vocab_size, ...].
    """
    teacher, student = jnp.exp(told), jnp.exp(heard)
    if kind == "forward":
        # A token without probability has no part, whatever its logarithm.
        losses = jnp.sum(jnp.where(teacher > 0, teacher * (told - heard), 0.0), axis=0)
        return losses, student - teacher
    losses = jnp.sum(student * (heard - told), axis=0)
    return losses, student * (heard - told - losses)
