"""Cross-entropy over a vocabulary too large to hold all its logits.

Logits exist for a chunk of positions at a time. Where a gradient is asked for, each chunk's is
made at once, while its logits are there (arXiv 2410.10989, section 3.2): nothing is computed twice
and no logits are kept.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.soft_cap import soft_cap


class Objective(NamedTuple):
    """Fix what a loss is compiled for.

    Attributes:
        cap: Soft cap of the logits, or None.
        z_loss: What the squared log of the softmax's normaliser counts.
        tokens: How many have logits at a time; at least one of every row does.
    """

    cap: float | None
    z_loss: float
    tokens: int


class _Chunk(NamedTuple):
    """Features [batch, n, embed_dim], targets and weights [batch, n]."""

    x: jax.Array
    targets: jax.Array
    weights: jax.Array


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def total_loss(
    objective: Objective,
    x: jax.Array,
    embedding: jax.Array,
    targets: jax.Array,
    weights: jax.Array,
) -> jax.Array:
    """Return the weighted sum of the tokens' losses, float32.

    Args:
        objective: The kind of loss.
        x: Features, [batch, length, embed_dim].
        embedding: [vocab_size, embed_dim]; its gradient is float32.
        targets: [batch, length], integers.
        weights: [batch, length], float32.
    """

    def step(total: jax.Array, chunk: _Chunk) -> tuple[jax.Array, None]:
        losses, _, _ = _losses(objective, chunk, embedding)
        return total + jnp.sum(losses * chunk.weights), None

    chunks = _split(objective.tokens, _Chunk(x, targets, weights))
    total: jax.Array = jax.lax.scan(step, jnp.float32(0), chunks)[0]
    return total


def _forward(
    objective: Objective,
    x: jax.Array,
    embedding: jax.Array,
    targets: jax.Array,
    weights: jax.Array,
) -> tuple[jax.Array, tuple[jax.Array, jax.Array, jax.Array]]:
    """Return the loss and its gradients to features, embedding and weights."""
    kernel = embedding.astype(x.dtype)

    def step(
        sums: tuple[jax.Array, jax.Array], chunk: _Chunk
    ) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]:
        losses, capped, log_total = _losses(objective, chunk, embedding)
        # d loss / d logit = softmax * (1 + 2 z log_total) - [logit is the target's]
        pull = jnp.exp(capped - log_total) * (1.0 + 2.0 * objective.z_loss * log_total)
        slope = (pull - _is_target(capped, chunk.targets)) * chunk.weights[None]
        if objective.cap is not None:
            slope = slope * (1.0 - jnp.square(capped / objective.cap))
        slope = slope.astype(x.dtype)
        to_x = jnp.moveaxis(jnp.einsum("vd,vbt->dbt", kernel, slope), 0, 2)
        to_kernel = jnp.einsum("vbt,btd->vd", slope, chunk.x, preferred_element_type=jnp.float32)
        total, to_embedding = sums
        return (total + jnp.sum(losses * chunk.weights), to_embedding + to_kernel), (to_x, losses)

    start = (jnp.float32(0), jnp.zeros(embedding.shape, jnp.float32))
    chunks = _split(objective.tokens, _Chunk(x, targets, weights))
    (total, to_embedding), (to_x, losses) = jax.lax.scan(step, start, chunks)
    return total, (_join(to_x, x), to_embedding, _join(losses, weights))


def _backward(
    _: Objective, gradients: tuple[jax.Array, jax.Array, jax.Array], scale: jax.Array
) -> tuple[jax.Array, jax.Array, None, jax.Array]:
    """Scale what the forward pass made."""
    to_x, to_embedding, to_weights = gradients
    return to_x * scale.astype(to_x.dtype), to_embedding * scale, None, to_weights * scale


total_loss.defvjp(_forward, _backward)


def _losses(
    objective: Objective, chunk: _Chunk, embedding: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return losses [batch, n], capped logits [vocab_size, batch, n] and their log-sum-exp."""
    kernel = embedding.astype(chunk.x.dtype)
    # The vocabulary stands first: the gradient to the embedding then needs no transposed logits.
    logits = jnp.einsum("btd,vd->vbt", chunk.x, kernel, preferred_element_type=jnp.float32)
    capped = soft_cap(logits, objective.cap)
    log_total = jax.nn.logsumexp(capped, axis=0)
    right = jnp.sum(jnp.where(_is_target(capped, chunk.targets), capped, 0.0), axis=0)
    return log_total - right + objective.z_loss * jnp.square(log_total), capped, log_total


def _is_target(logits: jax.Array, targets: jax.Array) -> jax.Array:
    """Mark each target among logits [vocab_size, batch, n]."""
    return jnp.arange(logits.shape[0], dtype=targets.dtype)[:, None, None] == targets[None]


def _split(tokens: int, whole: _Chunk) -> _Chunk:
    """Cut the length into chunks, [chunks, batch, n, ...]; what is missing has weight 0.

    Every chunk holds positions of all rows, so rows may live on several devices.
    """
    batch, length = whole.targets.shape
    size = min(length, max(1, tokens // batch))
    count = -(-length // size)

    def cut(part: jax.Array) -> jax.Array:
        padded = jnp.pad(part, ((0, 0), (0, count * size - length), *[(0, 0)] * (part.ndim - 2)))
        return jnp.moveaxis(padded.reshape(batch, count, size, *part.shape[2:]), 1, 0)

    return _Chunk(*(cut(part) for part in whole))


def _join(chunks: jax.Array, like: jax.Array) -> jax.Array:
    """Undo `_split` for one array in the shape of `like`."""
    joined = jnp.moveaxis(chunks, 0, 1)
    return joined.reshape(joined.shape[0], -1, *like.shape[2:])[:, : like.shape[1]]
