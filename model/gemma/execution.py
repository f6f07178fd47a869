"""How a model is computed: choices that cost memory or time and change no result."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Literal

Attention = Literal["chunked", "dense", "tokamax"]
Remat = Literal["none", "dots", "full"]
Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class Execution:
    """Choose how to compute a model; results are equal but for rounding.

    Attributes:
        attention: How tokens attend to their own row, without a cache. "chunked" takes memory
            linear in its length, "dense" the square of it; "tokamax" uses that library's kernels,
            on GPUs and TPUs that have them.
        attention_block: Tokens to a block of chunked attention; larger ones suit GPUs and TPUs.
        loss_tokens: How many tokens have their logits over the vocabulary at a time, in the loss.
        scan: Compile one pair of layers, local and global, and run it over all pairs:
            less to compile.
        accumulate: How many parts a batch is cut into, one computed after the other: a step's
            gradient is their sum.
        remat: What is computed a second time on the way back to save memory (arXiv 1604.06174):
            "none", all of a layer but its matrix products and chunked attention ("dots"), or all
            of it ("full").
        precision: The type of activations and of the weights they are multiplied by in training.
            Norms, softmax, losses, sums of gradients and what is trained stay float32 (mixed
            precision, arXiv 1710.03740, without its scaling: bfloat16 has float32's range).

    Raises:
        ValueError: A value is not one of these.
    """

    attention: Attention = "chunked"
    attention_block: int = 128
    loss_tokens: int = 512
    scan: bool = False
    accumulate: int = 1
    remat: Remat = "none"
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        for name, kinds in (("attention", Attention), ("remat", Remat), ("precision", Precision)):
            choice, choices = getattr(self, name), typing.get_args(kinds)
            if choice not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, not {choice!r}")
        for name in ("attention_block", "loss_tokens", "accumulate"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
