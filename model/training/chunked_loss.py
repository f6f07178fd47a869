"""A loss over a vocabulary too large to hold all its logits.

Logits exist for a chunk of positions at a time. Where a gradient is asked for, each chunk's is
made at once, while its logits are there (arXiv 2410.10989, section 3.2): nothing is computed twice
and no logits are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.soft_cap import soft_cap

# Arrays nested in tuples or dictionaries.
Tree = Any


class Objective(Protocol):
    """Fix what a loss is compiled for; two that are equal hash alike."""

    @property
    def cap(self) -> float | None:
        """Soft cap of the logits, or None."""
        ...

    @property
    def tokens(self) -> int:
        """How many tokens have logits at a time; at least one of every row does."""
        ...

    def losses(self, logits: jax.Array, told: Tree, kept: Tree) -> tuple[jax.Array, jax.Array]:
        """Return a chunk's losses and their gradients to its logits.

        Args:
            logits: Soft-capped, [vocab_size, batch, n], float32.
            told: What each token is to learn from, [batch, n, ...].
            kept: What all tokens share.

        Returns:
            [batch, n] and [vocab_size, batch, n], float32.
        """
        ...


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def chunked_loss(  # noqa: PLR0913, PLR0917 (what a loss is of)
    objective: Objective,
    x: jax.Array,
    embedding: jax.Array,
    weights: jax.Array,
    told: Tree,
    kept: Tree = None,
) -> jax.Array:
    """Return the weighted sum of the tokens' losses, float32.

    Args:
        objective: The kind of loss.
        x: Features, [batch, length, embed_dim].
        embedding: [vocab_size, embed_dim]; its gradient is float32.
        weights: [batch, length], float32.
        told: What each token is to learn from, [batch, length, ...]; has no gradient.
        kept: What all tokens share; has no gradient.
    """

    def step(total: jax.Array, chunk: Tree) -> tuple[jax.Array, None]:
        x, weights, told = chunk
        losses, _ = objective.losses(capped_logits(objective.cap, x, embedding), told, kept)
        return total + jnp.sum(losses * weights), None

    chunks = _split(objective.tokens, (x, weights, told))
    total: jax.Array = jax.lax.scan(step, jnp.float32(0), chunks)[0]
    return total


def _forward(  # noqa: PLR0913, PLR0917 (as above)
    objective: Objective,
    x: jax.Array,
    embedding: jax.Array,
    weights: jax.Array,
    told: Tree,
    kept: Tree,
) -> tuple[jax.Array, tuple[jax.Array, jax.Array, jax.Array]]:
    """Return the loss and its gradients to features, embedding and weights."""
    kernel = embedding.astype(x.dtype)

    def step(
        sums: tuple[jax.Array, jax.Array], chunk: Tree
    ) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]:
        x, weights, told = chunk
        logits = capped_logits(objective.cap, x, kernel)
        losses, slope = objective.losses(logits, told, kept)
        slope = slope * weights[None]
        if objective.cap is not None:
            slope = slope * (1.0 - jnp.square(logits / objective.cap))
        slope = slope.astype(x.dtype)
        to_x = jnp.moveaxis(jnp.einsum("vd,vbt->dbt", kernel, slope), 0, 2)
        to_kernel = jnp.einsum("vbt,btd->vd", slope, x, preferred_element_type=jnp.float32)
        total, to_embedding = sums
        return (total + jnp.sum(losses * weights), to_embedding + to_kernel), (to_x, losses)

    start = (jnp.float32(0), jnp.zeros(embedding.shape, jnp.float32))
    chunks = _split(objective.tokens, (x, weights, told))
    (total, to_embedding), (to_x, losses) = jax.lax.scan(step, start, chunks)
    return total, (_join(to_x, x.shape[1]), to_embedding, _join(losses, x.shape[1]))


def _backward(
    _: Objective, gradients: tuple[jax.Array, jax.Array, jax.Array], scale: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array, None, None]:
    """Scale what the forward pass made."""
    to_x, to_embedding, to_weights = gradients
    return to_x * scale.astype(to_x.dtype), to_embedding * scale, to_weights * scale, None, None


chunked_loss.defvjp(_forward, _backward)


def in_chunks(tokens: int, function: Callable[[jax.Array], Tree], x: jax.Array) -> Tree:
    """Return a function's results, [batch, length, ...], of a chunk [batch, n, ...] at a time."""
    chunks = jax.lax.map(function, _split(tokens, x))
    return jax.tree.map(partial(_join, length=x.shape[1]), chunks)


def capped_logits(cap: float | None, x: jax.Array, embedding: jax.Array) -> jax.Array:
    """Return the logits of features [batch, n, embed_dim], [vocab_size, batch, n], float32.

    The vocabulary stands first: the gradient to the embedding then needs no transposed logits.
    """
    kernel = embedding.astype(x.dtype)
    logits = jnp.einsum("btd,vd->vbt", x, kernel, preferred_element_type=jnp.float32)
    return soft_cap(logits, cap)


def _split(tokens: int, whole: Tree) -> Tree:
    """Cut the length into chunks, [chunks, batch, n, ...]; what is missing has weight 0.

    Every chunk holds positions of all rows, so rows may live on several devices.
    """
    batch, length = jax.tree.leaves(whole)[0].shape[:2]
    size = min(length, max(1, tokens // batch))
    count = -(-length // size)

    def cut(part: jax.Array) -> jax.Array:
        padded = jnp.pad(part, ((0, 0), (0, count * size - length), *[(0, 0)] * (part.ndim - 2)))
        return jnp.moveaxis(padded.reshape(batch, count, size, *part.shape[2:]), 1, 0)

    return jax.tree.map(cut, whole)


def _join(chunks: jax.Array, length: int) -> jax.Array:
    """Undo `_split` for one array."""
    joined = jnp.moveaxis(chunks, 0, 1)
    return joined.reshape(joined.shape[0], -1, *chunks.shape[3:])[:, :length]
