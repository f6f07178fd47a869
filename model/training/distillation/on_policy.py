"""A student's own answers, for its teacher to judge (arXiv 2306.13649, section 3).

What a student reads in training others wrote; what it reads in use it wrote itself, mistakes and
all. So in some steps the answers of a batch's chats give way to those that the student draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import jax
import numpy as np

from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.sampling.engine import Engine
from gemsieve.model.sampling.request import Request
from gemsieve.model.sampling.writing import drawable
from gemsieve.model.tokenizer import Tokenizer
from gemsieve.model.training.data.rows import Array
from gemsieve.model.training.loss import Batch, Whole
from gemsieve.model.training.task import Rewrite

# Answers that are written at once.
_ROWS = 8
# From prompts and the most tokens of each answer to the answers.
Write = Callable[[Sequence[Array], Sequence[int]], list[list[int]]]


class Opening(NamedTuple):
    """Say where in a batch a chat's first answer is.

    Attributes:
        row: The chat's row.
        start: The place of its first token.
        first: The place whose target is the answer's first token.
        stop: The place behind its last.
    """

    row: int
    start: int
    first: int
    stop: int


def rewriting(config: GemmaConfig, tokenizer: Tokenizer, whole: Whole, share: float) -> Rewrite:
    """Return what puts the student's own answers into a share of all batches.

    Args:
        config: The student's shape.
        tokenizer: Its tokenizer.
        whole: Makes its parameters of what is trained and what was fixed before it had a teacher.
        share: From 0 to 1.
    """
    allowed = drawable(tokenizer, config.vocab_size)

    def rewrite(step: int, trained: Params, fixed: Params, batch: Batch) -> Batch:
        if not is_own(step, share):
            return batch
        params = whole(trained, fixed["task"])
        engine = Engine(params=params, config=config, rows=_ROWS, allowed=allowed)
        old = {name: np.asarray(column) for name, column in batch.items()}
        new = with_answers(old, partial(_drawn, engine, step), tokenizer.ends, config.max_length)
        return {name: jax.device_put(new[name], _place(batch[name])) for name in batch}

    return rewrite


def is_own(step: int, share: float) -> bool:
    """Tell whether the student writes the answers of a step: evenly, in `share` of all."""
    return math.floor((step + 1) * share) > math.floor(step * share)


def openings(batch: dict[str, Array], limit: int) -> Iterator[Opening]:
    """Yield where each chat of a batch is first answered, where that is to be learned.

    `limit` is the context's length: behind a prompt that fills it nothing can be written.
    """
    for row, (segments, weights) in enumerate(
        zip(batch["segments"], batch["weights"], strict=True)
    ):
        for segment in range(1, int(segments.max()) + 1):
            places = np.flatnonzero(segments == segment)
            learned = places[weights[places] > 0]
            if len(learned) and learned[0] - places[0] + 1 < limit:
                yield Opening(row, int(places[0]), int(learned[0]), int(places[-1]) + 1)


def with_answers(
    batch: dict[str, Array], write: Write, ends: Sequence[int], limit: int
) -> dict[str, Array]:
    """Return a batch whose chats' first answers are what `write` makes of their prompts.

    An answer has the room of the one before it and what follows in its chat, and is learned up to
    the first token that ends it. Nothing else is.

    Args:
        batch: Columns of `ChatRows`, [batch, length].
        write: From prompts and the room of each to its tokens.
        ends: Tokens that end an answer.
        limit: The context's length.
    """
    places = list(openings(batch, limit))
    prompts = [batch["tokens"][row, start : first + 1] for row, start, first, _ in places]
    written = write(prompts, [place.stop - place.first for place in places])
    new = {name: column.copy() for name, column in batch.items()}
    new["weights"][:] = 0
    for (row, _, first, _), answer in zip(places, written, strict=True):
        ended = [number for number, token in enumerate(answer, start=1) if token in ends]
        count = min([*ended, len(answer)])
        new["targets"][row, first : first + count] = answer[:count]
        new["tokens"][row, first + 1 : first + count] = answer[: count - 1]
        new["weights"][row, first : first + count] = 1
    return new


def _drawn(
    engine: Engine, step: int, prompts: Sequence[Array], rooms: Sequence[int]
) -> list[list[int]]:
    """Draw an answer to each prompt; equal steps of equal students draw equally."""
    asked = zip(prompts, rooms, strict=True)
    streams = [
        engine.submit(
            Request(
                tokens=prompt.tolist(),
                seed=(step * 2**16 + number) % 2**32,
                max_new_tokens=room,
                ends=(),  # an end is learned too, so it must be told
            )
        )
        for number, (prompt, room) in enumerate(asked)
    ]
    return [[drawn.piece for drawn in stream] for stream in streams]


def _place(column: jax.typing.ArrayLike) -> jax.sharding.Sharding | None:
    """Return where a batch's column lies."""
    return column.sharding if isinstance(column, jax.Array) else None
