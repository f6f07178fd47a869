"""The loss of a student with a teacher; neither's logits exist but a chunk at a time."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from gemsieve.model.training.chunked_loss import Tree, capped_logits
from gemsieve.model.training.cross_entropy import Objective
from gemsieve.model.training.distillation.distil import (
    DistillationSettings,
    Listed,
    completed,
    divergence,
    likeliest,
)


class Asked(NamedTuple):
    """A teacher in memory: its features of each token, [batch, length, width]."""

    x: jax.Array


class Lesson(NamedTuple):
    """What each token is to learn from: the next one, [batch, length], and the teacher."""

    targets: jax.Array
    teacher: Asked | Listed


class Teaching(NamedTuple):
    """Fix what the loss is compiled for.

    Attributes:
        cap: Soft cap of the student's logits, or None.
        z_loss: What the squared log of the student's normaliser counts.
        tokens: How many have logits at a time; at least one of every row does.
        settings: How the student learns.
        teacher_cap: Soft cap of the teacher's logits, or None.
    """

    cap: float | None
    z_loss: float
    tokens: int
    settings: DistillationSettings
    teacher_cap: float | None = None

    def losses(
        self, logits: jax.Array, told: Lesson, embedding: Tree
    ) -> tuple[jax.Array, jax.Array]:
        """Return losses [batch, n], and their gradients to logits [vocab_size, batch, n].

        Divergences count by the temperature's square, so that their gradient keeps its size.

        Args:
            logits: The student's.
            told: What it is to learn from.
            embedding: The teacher's, where it is in memory; else None.
        """
        share, temperature = self.settings.share, self.settings.temperature
        heard = jax.nn.log_softmax(logits / temperature, axis=0)
        apart, slope = divergence(
            self._told(told.teacher, embedding, heard), heard, self.settings.divergence
        )
        losses, slope = share * temperature**2 * apart, share * temperature * slope
        if share < 1.0:
            plain, pull = Objective(self.cap, 0.0, self.tokens).losses(logits, told.targets)
            losses, slope = losses + (1.0 - share) * plain, slope + (1.0 - share) * pull
        if self.z_loss:
            log_total = jax.nn.logsumexp(logits, axis=0)
            losses += self.z_loss * jnp.square(log_total)
            slope += 2.0 * self.z_loss * log_total * jnp.exp(logits - log_total)
        return losses, slope

    def _told(self, teacher: Asked | Listed, embedding: Tree, heard: jax.Array) -> jax.Array:
        """Return the teacher's log probabilities, [vocab_size, batch, n]."""
        if isinstance(teacher, Asked):
            logits = capped_logits(self.teacher_cap, teacher.x, embedding)
            logits = logits / self.settings.temperature
            if not self.settings.likeliest:
                return jax.nn.log_softmax(logits, axis=0)
            teacher = likeliest(logits, self.settings.likeliest)
        return completed(teacher, heard)
