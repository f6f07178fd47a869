"""How a model is computed: choices that cost memory or time and change no result."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Literal

Attention = Literal["chunked", "dense", "tokamax"]


@dataclass(frozen=True, kw_only=True)
class Execution:
    """Choose how to compute a model; results are equal but for rounding.

    Attributes:
        attention: How tokens attend to their own row, without a cache. "chunked" takes memory
            linear in its length, "dense" the square of it; "tokamax" uses that library's kernels,
            on GPUs and TPUs that have them.
        attention_block: Tokens to a block of chunked attention.
        loss_tokens: How many tokens have their logits over the vocabulary at a time, in the loss.

    Raises:
        ValueError: A value is not one of these.
    """

    attention: Attention = "chunked"
    attention_block: int = 256
    loss_tokens: int = 512

    def __post_init__(self) -> None:
        kinds = typing.get_args(Attention)
        if self.attention not in kinds:
            raise ValueError(f"attention must be one of {', '.join(kinds)}, not {self.attention!r}")
        for name in ("attention_block", "loss_tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
