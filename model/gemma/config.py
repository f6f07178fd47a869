"""Gemma's hyperparameters and its named sizes."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

# The vocabulary of the Flax checkpoints: 256,000 pieces padded to a multiple of 128 rows, as the
# report's parameter counts have it (arXiv 2408.00118, table 2).
VOCABULARY = 256_128


@dataclass(frozen=True, kw_only=True)
class GemmaConfig:
    """State the shape of one Gemma model: Gemma 2 (arXiv 2408.00118, table 1), or 1 where noted.

    Attributes:
        vocab_size: Rows of the embedding, which is tied to the output.
        embed_dim: Width of the residual stream (d_model).
        hidden_dim: Width of each of the two feed-forward branches, gate and up. The report's
            "Feedforward dim" counts both, so it is twice this.
        num_layers: Blocks; the even ones, counted from 0, attend locally, the odd ones globally.
        num_heads: Query heads.
        num_kv_heads: Key and value heads; each serves `num_heads / num_kv_heads` query heads.
        head_dim: Width of a head, even (rotary embeddings turn its two halves).
        query_pre_attn_scalar: Queries are multiplied by this to the power -1/2.
        sliding_window: A local layer's token sees itself and `sliding_window - 1` before it; None
            makes all layers global (Gemma 1).
        attn_logit_softcap: Cap `c` of attention logits, `c * tanh(x / c)`; None for no cap.
        final_logit_softcap: The same for the logits over the vocabulary.
        rope_base: Longest wavelength of the rotary embeddings, over 2 pi.
        norm_eps: Added to the mean square under the root of RMSNorm.
        max_length: Longest context, in tokens.
        post_norms: Normalise what attention and feed-forward layers give, not only what they take;
            false for Gemma 1.

    Raises:
        ValueError: A value is out of its range or contradicts another; the message names it.
    """

    vocab_size: int = VOCABULARY
    embed_dim: int
    hidden_dim: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    query_pre_attn_scalar: float
    sliding_window: int | None = 4096
    attn_logit_softcap: float | None = 50.0
    final_logit_softcap: float | None = 30.0
    rope_base: float = 10_000.0
    norm_eps: float = 1e-6
    max_length: int = 8192
    post_norms: bool = True

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            number = value is not None and field.name != "post_norms"
            if number and not (math.isfinite(value) and value > 0):
                raise ValueError(f"{field.name} must be above 0, not {value}")
        if self.head_dim % 2:
            raise ValueError(f"head_dim must be even for rotary embeddings, not {self.head_dim}")
        if self.num_heads % self.num_kv_heads:
            raise ValueError(
                f"num_heads ({self.num_heads}) must be a multiple of num_kv_heads"
                f" ({self.num_kv_heads})"
            )

    def window(self, layer: int) -> int | None:
        """Return the sliding window of a layer, or None where it attends globally."""
        return self.sliding_window if layer % 2 == 0 else None

    def require_gemma_2(self) -> None:
        """Raise ValueError unless this is Gemma 2, for files that can hold nothing else."""
        if self.sliding_window is None or not self.post_norms:
            raise ValueError(
                "this form of files holds Gemma 2: sliding_window must not be none, nor post_norms"
                " false"
            )


# What Gemma 1 does without.
_GEMMA_1: Mapping[str, Any] = MappingProxyType(
    {
        "sliding_window": None,
        "attn_logit_softcap": None,
        "final_logit_softcap": None,
        "post_norms": False,
    }
)

SIZES: Mapping[str, GemmaConfig] = MappingProxyType(
    {
        "2b": GemmaConfig(
            embed_dim=2304,
            hidden_dim=9216,
            num_layers=26,
            num_heads=8,
            num_kv_heads=4,
            head_dim=256,
            query_pre_attn_scalar=256,
        ),
        "9b": GemmaConfig(
            embed_dim=3584,
            hidden_dim=14336,
            num_layers=42,
            num_heads=16,
            num_kv_heads=8,
            head_dim=256,
            query_pre_attn_scalar=256,
        ),
        # The 27B alone scales queries by d_model / heads, not by the width of a head.
        "27b": GemmaConfig(
            embed_dim=4608,
            hidden_dim=36864,
            num_layers=46,
            num_heads=32,
            num_kv_heads=16,
            head_dim=128,
            query_pre_attn_scalar=4608 / 32,
        ),
        # Gemma 1.1 has the shapes of Gemma 1 (arXiv 2403.08295, table 1).
        "1.1-2b": GemmaConfig(
            embed_dim=2048,
            hidden_dim=16384,
            num_layers=18,
            num_heads=8,
            num_kv_heads=1,
            head_dim=256,
            query_pre_attn_scalar=256,
            **_GEMMA_1,
        ),
        "1.1-7b": GemmaConfig(
            embed_dim=3072,
            hidden_dim=24576,
            num_layers=28,
            num_heads=16,
            num_kv_heads=16,
            head_dim=256,
            query_pre_attn_scalar=256,
            **_GEMMA_1,
        ),
        # 1.6 million parameters: word-like text after little more than a minute on two cores.
        "tiny": GemmaConfig(
            vocab_size=2048,
            embed_dim=160,
            hidden_dim=480,
            num_layers=4,
            num_heads=4,
            num_kv_heads=2,
            head_dim=40,
            query_pre_attn_scalar=40,
            sliding_window=64,
            max_length=512,
        ),
        # As small as keeps every part of the architecture: for tests.
        "test": GemmaConfig(
            vocab_size=320,
            embed_dim=24,
            hidden_dim=40,
            num_layers=3,
            num_heads=4,
            num_kv_heads=2,
            head_dim=8,
            query_pre_attn_scalar=6,
            sliding_window=4,
            max_length=64,
        ),
    }
)


def named(size: str) -> GemmaConfig:
    """Return the configuration of a named size, or raise ValueError naming the nearest one."""
    if size in SIZES:
        return SIZES[size]
    near = difflib.get_close_matches(size.lower(), SIZES, n=1, cutoff=0.0)
    raise ValueError(f"unknown model size {size!r}; did you mean {near[0]!r}? ({', '.join(SIZES)})")
