"""What a model's contender does in its own process: answer questions of speed, a line each.

Imports nothing of gemsieve's: peers run it in environments of their own.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Protocol


class Contender(Protocol):
    """A Gemma 2 of one library, its weights loaded."""

    def train(self, rows: int, length: int) -> Callable[[], float]:
        """Return a function that takes a step of AdamW on fixed tokens and returns its loss."""

    def decode(self, rows: int, count: int) -> Callable[[], list[int]]:
        """Return a function that writes `count` likeliest tokens a row; the first row's."""


def tokens(rows: int, length: int, vocabulary: int) -> list[list[int]]:
    """Return the same made-up tokens in every process, none of them a special piece."""
    return [
        [4 + (7919 * (row * length + place) + place * place) % (vocabulary - 4)
         for place in range(length)]
        for row in range(rows)
    ]  # fmt: skip


def serve(contender: Contender) -> None:
    """Answer `train ROWS LENGTH` and `decode ROWS COUNT` from standard input as JSON lines.

    The first answer to a question compiles, is timed apart and tells what came out; `tokens` and
    `seconds` (of this process's processors) are of one run. `peak` is in MB.
    """
    ready: dict[str, Callable[[], object]] = {}
    for line in sys.stdin:
        what, rows, length = line.split()[0], *map(int, line.split()[1:])
        start = time.process_time()
        if line not in ready:
            ready[line] = getattr(contender, what)(rows, length)
        result = ready[line]()
        seconds = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        answer = {"tokens": rows * length, "seconds": seconds, "peak": peak, "result": result}
        print(json.dumps(answer), flush=True)
