"""Micro-batching: what waits while a batch is judged is judged together next, off the event loop.

A filter reads sixty short texts in one call some eight times faster than in sixty calls. Nothing
is ever held back to wait for company: a request that finds the threads free is judged at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import anyio
import anyio.to_thread

from gemsieve.filters import Batch

TEXT = 200  # what a text counts for beside its characters
TOGETHER = 100_000  # characters judged in one call, so that none takes long

log = logging.getLogger(__name__)

Work = Callable[[str, Batch], Sequence[Any]]
Lane = tuple[str, tuple[str, ...]]


class OverloadedError(Exception):
    """More waits than may wait."""


class NotJudgedError(Exception):
    """A text could not be judged: no answer must mean that it is safe."""


@dataclass(eq=False)
class Piece:
    """A part of a request that is judged in one call."""

    number: int
    batch: Batch
    weight: int
    done: asyncio.Future[Sequence[Any]] = field(repr=False)


class Batcher:
    """Calls `work(kind, batch)` in threads; for each text it returns one thing.

    Only texts of one kind, with the same columns, share a call.
    """

    def __init__(self, work: Work, *, waiting: int, threads: int) -> None:
        self._work = work
        self._most = waiting
        self._threads = threads
        self._limiter = anyio.CapacityLimiter(threads)
        self._lanes: dict[Lane, deque[Piece]] = {}
        self._numbers = count()
        self._arrived = asyncio.Event()
        self.waiting = 0

    async def run(self) -> None:
        """Judge what comes until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._threads):
                group.create_task(self._serve())

    async def __call__(self, kind: str, batch: Batch) -> list[Any]:
        """Return what the work makes of each text; cancelled, what still waits is not begun.

        Raises:
            OverloadedError: Too much waits already.
            NotJudgedError: The work failed.
        """
        weight = weigh(batch.texts)
        if self.waiting + weight > self._most:
            raise OverloadedError
        lane = self._lanes.setdefault((kind, tuple(sorted(batch.columns))), deque())
        loop = asyncio.get_running_loop()
        queued = [
            Piece(next(self._numbers), part, weigh(part.texts), loop.create_future())
            for part in pieces(batch)
        ]
        lane.extend(queued)
        self.waiting += weight
        self._arrived.set()
        try:
            parts = await asyncio.gather(*(piece.done for piece in queued))
        finally:
            for piece in queued:
                piece.done.cancel()
        return [made for part in parts for made in part]

    async def _serve(self) -> None:
        while True:
            while not any(self._lanes.values()):
                self._arrived.clear()
                await self._arrived.wait()
            kind, taken = self._take()
            if taken:
                await self._do(kind, taken)

    def _take(self) -> tuple[str, list[Piece]]:
        """Take the piece that has waited longest, and those of its lane that fit beside it."""
        key = min(
            (k for k, lane in self._lanes.items() if lane), key=lambda k: self._lanes[k][0].number
        )
        lane, weight = self._lanes[key], 0
        taken: list[Piece] = []
        while lane and (not taken or weight + lane[0].weight <= TOGETHER):
            piece = lane.popleft()
            self.waiting -= piece.weight
            if not piece.done.done():
                taken.append(piece)
                weight += piece.weight
        return key[0], taken

    async def _do(self, kind: str, taken: list[Piece]) -> None:
        """Judge pieces in one call; if that fails each by itself, so that one fails alone."""
        try:
            made = iter(
                await anyio.to_thread.run_sync(
                    self._work, kind, joined(taken), limiter=self._limiter
                )
            )
            results = [[next(made) for _ in piece.batch.texts] for piece in taken]
        except Exception as error:
            if len(taken) > 1:
                for piece in taken:
                    await self._do(kind, [piece])
                return
            # A traceback could hold words of the text, so none reaches the server's log.
            log.error("an input was not judged: %s", type(error).__name__)
            if not taken[0].done.done():
                taken[0].done.set_exception(NotJudgedError())
            return
        for piece, result in zip(taken, results, strict=True):
            if not piece.done.done():
                piece.done.set_result(result)


def weigh(texts: Sequence[str]) -> int:
    """Return what texts count for."""
    return sum(map(len, texts)) + TEXT * len(texts)


def pieces(batch: Batch) -> list[Batch]:
    """Cut a batch into parts that are each judged in one call; a text is never cut."""
    groups: list[list[int]] = []
    weight = TOGETHER
    for i, text in enumerate(batch.texts):
        weight += len(text) + TEXT
        if weight > TOGETHER:
            groups.append([])
            weight = len(text) + TEXT
        groups[-1].append(i)
    return [batch.take(group) for group in groups]


def joined(taken: Sequence[Piece]) -> Batch:
    """Return the batch of all pieces, which have the same columns."""
    batches = [piece.batch for piece in taken]
    columns = {
        name: [value for batch in batches for value in batch.columns[name]]
        for name in batches[0].columns
    }
    return Batch([text for batch in batches for text in batch.texts], columns)
