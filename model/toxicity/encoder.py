"""The encoder: BERT's transformer, small, with one logit a label on top (arXiv 1810.04805)."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from flax import linen as nn


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Sizes of the encoder; the defaults are MiniLM's with six layers (arXiv 2002.10957)."""

    vocabulary: int = 30_522
    positions: int = 128
    width: int = 384
    layers: int = 6
    heads: int = 12
    hidden: int = 1536
    labels: int = 5
    epsilon: float = 1e-12


class Block(nn.Module):
    """Self-attention, then a feed-forward layer; each is added, then normalised."""

    shape: Shape

    @nn.compact
    def __call__(self, x: jax.Array, seen: jax.Array) -> jax.Array:
        """Transform `x` [batch * length, width]; `seen` [batch, length] is False for padding.

        Positions lie in one axis because XLA on a CPU differentiates a product of two matrices
        in less than half the time of one with a batch axis (bench/NOTES.md).
        """
        s = self.shape
        split = (*seen.shape, s.heads, s.width // s.heads)
        query, key, value = (
            nn.Dense(s.width, name=name)(x).reshape(split).transpose(0, 2, 1, 3)
            for name in ("query", "key", "value")
        )
        scores = jnp.einsum("bhqd,bhkd->bhqk", query, key) * split[-1] ** -0.5
        scores = jnp.where(seen[:, None, None, :], scores, -1e9)
        mixed = jnp.einsum("bhqk,bhkd->bhqd", jax.nn.softmax(scores, axis=-1), value)
        mixed = nn.Dense(s.width, name="output")(mixed.transpose(0, 2, 1, 3).reshape(x.shape))
        x = nn.LayerNorm(s.epsilon, name="attention_norm")(x + mixed)
        hidden = jax.nn.gelu(nn.Dense(s.hidden, name="up")(x), approximate=False)
        x = x + nn.Dense(s.width, name="down")(hidden)
        normal: jax.Array = nn.LayerNorm(s.epsilon, name="norm")(x)
        return normal


class Encoder(nn.Module):
    """From piece numbers to logits: mean and maximum over a text's positions feed the labels."""

    shape: Shape

    @nn.compact
    def __call__(self, pieces: jax.Array) -> jax.Array:
        """Return logits [batch, labels] of `pieces` [batch, length], where 0 is padding."""
        s = self.shape
        seen = pieces != 0
        word = nn.Embed(s.vocabulary, s.width, name="word")(pieces)
        place = self.param(
            "place", nn.initializers.normal(0.02), (s.positions, s.width), jnp.float32
        )
        x = word + place[None, : pieces.shape[1]]
        x = nn.LayerNorm(s.epsilon, name="norm")(x.reshape(-1, s.width))
        for layer in range(s.layers):
            x = Block(s, name=f"block_{layer}")(x, seen)
        x, kept = x.reshape(word.shape), seen[..., None]
        mean = jnp.sum(x * kept, axis=1) / jnp.maximum(jnp.sum(kept, axis=1), 1)
        most = jnp.max(jnp.where(kept, x, -1e9), axis=1)
        return nn.Dense(s.labels, name="labels")(jnp.concatenate([mean, most], axis=-1))
