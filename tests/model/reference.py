"""Gemma 2 written a second time, from the report's formulas: NumPy, float64, one token at a time.

Slow and without masks, batches or caches on purpose: one document goes in, each query looks at
the keys it may see by indexing them. Nothing is shared with the model but its configuration and
the names of its parameters, so a mistake must be made twice to pass.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from gemsieve.model.gemma.config import GemmaConfig

Vector = npt.NDArray[np.float64]


def loud_params(config: GemmaConfig, seed: int) -> dict[str, Any]:
    """Draw weights large enough that caps, window, norms and scales all move the logits."""
    rng = np.random.default_rng(seed)
    wide, heads, groups = config.embed_dim, config.num_heads, config.num_kv_heads

    def draw(scale: float, *shape: int) -> npt.NDArray[np.float32]:
        return (scale * rng.standard_normal(shape)).astype(np.float32)

    def norm() -> dict[str, Any]:
        return {"scale": draw(0.5, wide)}

    params: dict[str, Any] = {"embedding": draw(0.8, config.vocab_size, wide), "final_norm": norm()}
    for index in range(config.num_layers):
        params[f"layer_{index}"] = {
            "attention": {
                "q": draw(4.0 / wide**0.5, wide, heads, config.head_dim),
                "k": draw(4.0 / wide**0.5, wide, groups, config.head_dim),
                "v": draw(1.2 / wide**0.5, wide, groups, config.head_dim),
                "o": draw(1.2 / (heads * config.head_dim) ** 0.5, heads, config.head_dim, wide),
            },
            "feed_forward": {
                "gate": draw(1.2 / wide**0.5, wide, config.hidden_dim),
                "up": draw(1.2 / wide**0.5, wide, config.hidden_dim),
                "down": draw(1.2 / config.hidden_dim**0.5, config.hidden_dim, wide),
            },
            "pre_attention_norm": norm(),
            "post_attention_norm": norm(),
            "pre_feed_forward_norm": norm(),
            "post_feed_forward_norm": norm(),
        }
    return params


def logits_of(config: GemmaConfig, params: dict[str, Any], document: list[int]) -> Vector:
    """Return the logits [length, vocab_size] of one whole document."""
    embedding = params["embedding"].astype(np.float64)
    stream = [embedding[token] * math.sqrt(config.embed_dim) for token in document]
    for index in range(config.num_layers):
        layer = params[f"layer_{index}"]
        attended = _attend(config, layer, stream, local=index % 2 == 0)
        stream = [
            x + _norm(config, layer["post_attention_norm"], a)
            for x, a in zip(stream, attended, strict=True)
        ]
        stream = [
            x + _norm(config, layer["post_feed_forward_norm"], _feed(config, layer, x))
            for x in stream
        ]
    final = [_norm(config, params["final_norm"], x) for x in stream]
    return np.stack([_cap(embedding @ x, config.final_logit_softcap) for x in final])


def _norm(config: GemmaConfig, weights: dict[str, Any], x: Vector) -> Vector:
    root = math.sqrt(sum(float(v) ** 2 for v in x) / len(x) + config.norm_eps)
    return np.asarray(x / root * (1.0 + weights["scale"].astype(np.float64)))


def _cap(x: Vector, cap: float | None) -> Vector:
    return x if cap is None else np.tanh(x / cap) * cap


def _turn(config: GemmaConfig, head: Vector, position: int) -> Vector:
    """Rotate the pairs (i, i + half) as complex numbers."""
    half = len(head) // 2
    angles = [position / config.rope_base ** (2 * i / len(head)) for i in range(half)]
    turned = (head[:half] + 1j * head[half:]) * np.exp(1j * np.array(angles))
    return np.concatenate([turned.real, turned.imag])


def _attend(
    config: GemmaConfig, layer: dict[str, Any], stream: list[Vector], *, local: bool
) -> list[Vector]:
    normed = [_norm(config, layer["pre_attention_norm"], x) for x in stream]
    weights = {name: w.astype(np.float64) for name, w in layer["attention"].items()}
    outputs = []
    for now, x in enumerate(normed):
        window = config.sliding_window if local else None
        first = 0 if window is None else max(0, now - window + 1)
        total = np.zeros(config.embed_dim)
        for head in range(config.num_heads):
            group = head * config.num_kv_heads // config.num_heads
            query = _turn(config, x @ weights["q"][:, head], now)
            query = query / math.sqrt(config.query_pre_attn_scalar)
            keys = [
                _turn(config, normed[then] @ weights["k"][:, group], then)
                for then in range(first, now + 1)
            ]
            scores = _cap(np.array([query @ key for key in keys]), config.attn_logit_softcap)
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            values = [normed[then] @ weights["v"][:, group] for then in range(first, now + 1)]
            mixed = sum(share * value for share, value in zip(shares, values, strict=True))
            total = total + mixed @ weights["o"][head]
        outputs.append(total)
    return outputs


def _feed(config: GemmaConfig, layer: dict[str, Any], x: Vector) -> Vector:
    normed = _norm(config, layer["pre_feed_forward_norm"], x)
    weights = {name: w.astype(np.float64) for name, w in layer["feed_forward"].items()}
    gate = normed @ weights["gate"]
    inner = math.sqrt(2 / math.pi) * (gate + 0.044715 * gate**3)
    gelu = 0.5 * gate * (1 + np.tanh(inner))
    return np.asarray((gelu * (normed @ weights["up"])) @ weights["down"])
