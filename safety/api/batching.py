"""Micro-batching: what waits while a batch is judged is judged together next, off the event loop.

A filter reads sixty short texts in one call some eight times faster than in sixty calls. Nothing
is ever held back to wait for company: a request that finds the threads free is judged at once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from queue import SimpleQueue
from threading import Thread
from typing import Any

from gemsieve.filters import Batch

TEXT = 200  # what a text counts for beside its characters
TOGETHER = 100_000  # characters judged in one call, so that none takes long

log = logging.getLogger(__name__)

Work = Callable[[str, Batch], Sequence[Any]]
Lane = tuple[str, tuple[str, ...]]
Result = Sequence[Any] | None  # None for what could not be judged


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
        self._free = 0
        self._handed: SimpleQueue[tuple[str, list[Piece]] | None] = SimpleQueue()
        self._lanes: dict[Lane, deque[Piece]] = {}
        self._numbers = count()
        self._moved = 0.0
        self.waiting = 0

    async def run(self) -> None:
        """Judge what comes until cancelled."""
        loop = asyncio.get_running_loop()
        for _ in range(self._threads):
            Thread(target=self._judge, args=(loop,), name="judge").start()
        self._free = self._threads
        self._hand()
        try:
            await loop.create_future()
        finally:
            self._free = 0
            for _ in range(self._threads):
                self._handed.put(None)

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
        self._hand()
        try:
            if len(queued) == 1:  # as nearly always; a group costs as much as HTTP's parser
                return list(await queued[0].done)
            parts = await asyncio.gather(*(piece.done for piece in queued))
        finally:
            for piece in queued:
                piece.done.cancel()
        return [made for part in parts for made in part]

    def stuck(self, seconds: float) -> bool:
        """Whether something waits, and for so long nothing was begun or ended."""
        return self.waiting > 0 and time.monotonic() - self._moved > seconds

    def _hand(self) -> None:
        """Give what waits to the threads that are free."""
        while self._free and any(self._lanes.values()):
            kind, taken = self._take()
            if taken:
                self._free -= 1
                self._moved = time.monotonic()
                self._handed.put((kind, taken))

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

    def _judge(self, loop: asyncio.AbstractEventLoop) -> None:
        """Judge what is handed over, in a thread."""
        while (given := self._handed.get()) is not None:
            results = [*self._judged(*given)]
            with suppress(RuntimeError):  # the loop has been closed: nobody waits any more
                loop.call_soon_threadsafe(self._tell, results)

    def _judged(self, kind: str, taken: list[Piece]) -> Iterator[tuple[Piece, Result]]:
        """Judge pieces in one call; if that fails each by itself, so that one fails alone."""
        try:
            made = iter(self._work(kind, joined(taken)))
            yield from [(piece, [next(made) for _ in piece.batch.texts]) for piece in taken]
        except Exception as error:
            if len(taken) > 1:
                for piece in taken:
                    yield from self._judged(kind, [piece])
                return
            # A traceback could hold words of the text, so none reaches the server's log.
            log.error("an input was not judged: %s", type(error).__name__)
            yield taken[0], None

    def _tell(self, results: list[tuple[Piece, Result]]) -> None:
        """Tell who waits, and go on."""
        self._free += 1
        self._moved = time.monotonic()
        self._hand()
        for piece, result in results:
            if piece.done.done():
                continue
            if result is None:
                piece.done.set_exception(NotJudgedError())
            else:
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
