"""How many operations a model takes, by formula: what model FLOPs utilisation is a share of."""

from __future__ import annotations

from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.transformer import count_parameters


def forward_flops(config: GemmaConfig, length: int, past: int = 0) -> int:
    """Return the operations of reading `length` tokens that follow `past` others of their row.

    Two, a product and a sum, for each entry of each matrix and token, the output's included, the
    embedding's look-up not (arXiv 2001.08361, section 2.1); and for each key that a query sees, the
    same for its logit and for its value. Norms, softmax and what a mask hides do not count.
    """
    norms = ((4 if config.post_norms else 2) * config.num_layers + 1) * config.embed_dim
    matrices = sum(count_parameters(config)) - norms
    seen = sum(
        _seen(config.window(layer), past + length) - _seen(config.window(layer), past)
        for layer in range(config.num_layers)
    )
    return 2 * matrices * length + 4 * config.num_heads * config.head_dim * seen


def training_flops(config: GemmaConfig, length: int) -> int:
    """Return the operations of a step on one row: going back takes twice as many as forward.

    What is computed a second time to save memory does not count (PaLM, arXiv 2204.02311, appendix
    B), so a share of a device's peak can be compared between runs that do and do not.
    """
    return 3 * forward_flops(config, length)


def _seen(window: int | None, length: int) -> int:
    """Return how many keys the queries of a row see together, each itself and those before it."""
    inside = length if window is None else min(window, length)
    return inside * (inside + 1) // 2 + (length - inside) * inside
