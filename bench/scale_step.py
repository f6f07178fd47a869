"""What a chip holds, computes and sends in a step of the report's own runs, by arithmetic."""

from __future__ import annotations

from typing import NamedTuple

from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.flops import training_flops
from gemsieve.model.gemma.transformer import count_parameters

LENGTH, LOGITS_AT_ONCE = 8192, 512
# The report's chips (arXiv 2408.00118, section 3.1) as meshes of ours, whose axes must divide the
# width: data, fsdp, tensor.
MESHES = {"2b": (2, 256, 1), "9b": (2, 512, 4), "27b": (1, 768, 8)}


class Step(NamedTuple):
    """One row of 8,192 tokens a shard of rows, in bytes and operations of one chip.

    Attributes:
        state: float32 parameters, gradient and two moments, cut over `fsdp` and `tensor`.
        kept: What a pair of layers begins with, bfloat16, of all pairs: all else is computed again.
        pair: The widest place of the two layers that are computed again, bfloat16.
        gathered: Two pairs' weights in bfloat16, one in use and the next; the embedding, and its
            gradient in float32.
        logits: Three float32 arrays of 512 tokens.
        operations: Forward four times, once of them again.
        sent: Weights there and there again in bfloat16, the gradient back in float32; and over
            `tensor` six sums of activations a layer.
    """

    state: float
    kept: float
    pair: float
    gathered: float
    logits: float
    operations: float
    sent: float

    @property
    def memory(self) -> float:
        """All that is held at once."""
        return self.state + self.kept + self.pair + self.gathered + self.logits


def step_of(size: str) -> Step:
    """Return a step of a named size on the report's number of chips."""
    config, (_, fsdp, tensor) = named(size), MESHES[size]
    counted = count_parameters(config)
    words, width = config.vocab_size, config.embed_dim
    row = LENGTH * width * 2
    layer = counted.other / config.num_layers / tensor
    weights = sum(counted) / tensor
    return Step(
        state=16 * weights / fsdp,
        kept=row * config.num_layers / 2,
        pair=2 * (6 * row + 3 * LENGTH * config.hidden_dim / tensor * 2),
        gathered=2 * 2 * layer * 2 + words * width / tensor * (2 + 4),
        logits=3 * LOGITS_AT_ONCE * words / tensor * 4,
        operations=training_flops(config, LENGTH) * 4 / 3 / tensor,
        sent=weights * (2 + 2 + 4) + _summed(config, tensor, row),
    )


def _summed(config: GemmaConfig, tensor: int, row: float) -> float:
    """Return what six sums a layer, two each way and two again, send over `tensor`."""
    return 6 * config.num_layers * row * 2 * (tensor - 1) / tensor
