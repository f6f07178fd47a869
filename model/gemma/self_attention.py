"""Attention of a row to itself, in the way that `Execution` chooses."""

from __future__ import annotations

from typing import NamedTuple

import jax

from gemsieve.model.gemma.chunked_attention import Rule, chunked_attend
from gemsieve.model.gemma.dense_attention import attend
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.tokamax_attention import kernels_here, tokamax_attend
from gemsieve.model.gemma.visible import Places, visible


class Manner(NamedTuple):
    """Say what a layer's attention is.

    Attributes:
        window: A query sees itself and `window - 1` positions before it; None for all before.
        cap: Soft cap of the logits, or None.
        execution: How to compute it.
    """

    window: int | None
    cap: float | None
    execution: Execution


def attend_to_itself(
    query: jax.Array, key: jax.Array, value: jax.Array, places: Places, manner: Manner
) -> jax.Array:
    """Return the values averaged by the soft-capped, masked softmax of the query-key products.

    Args:
        query: Scaled queries, [batch, length, heads, head_dim].
        key: [batch, length, kv_heads, head_dim].
        value: The same shape.
        places: Of every token; segments are contiguous, and positions in them count up by one.
        manner: Window, cap and the choice.

    Returns:
        [batch, length, heads, head_dim]; meaningless, but finite, at padding.

    Raises:
        UnsupportedAttention: "tokamax" is chosen where it has no kernel.
    """
    window, cap, execution = manner
    if execution.attention == "dense":
        return attend(query, key, value, visible(places, places, window), cap)
    if execution.attention == "tokamax":
        return tokamax_attend(query, key, value, places, kernels_here(window, cap))
    rule = Rule(window, cap, execution.attention_block)
    return chunked_attend(query, key, value, places, rule)
