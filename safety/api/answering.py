"""The answers to one request: written beside each other, each under guard, given as they come."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Literal, cast, final

from gemsieve.filters import Action, Batch, Verdict
from gemsieve.filters.operators.key import Key
from gemsieve.filters.policy import Decision, Policy, Use
from gemsieve.safety.api.caller import Caller
from gemsieve.safety.api.errors import ApiError
from gemsieve.safety.api.service import Service
from gemsieve.safety.author import Author, BusyError, Task
from gemsieve.safety.choices import Choice, Said, released
from gemsieve.safety.people import harms

if TYPE_CHECKING:
    from gemsieve.model.sampling.writing import Token

# Seconds, more than judging may take: the event loop has ended, and nobody waits for an answer.
ABANDONED = 120.0

log = logging.getLogger(__name__)

Ending = Literal["stop", "length", "content_filter"]


@dataclass(frozen=True)
class Part:
    """What may leave next of one answer.

    Attributes:
        index: Of which one.
        text: Its next text.
        tokens: Those that leave with it.
        ending: How the answer ended; None while it goes on.
    """

    index: int
    text: str = ""
    tokens: tuple[Token, ...] = ()
    ending: Ending | None = None


@final
class Relay:
    """Judges where all texts of the service are judged, for a thread that writes.

    So the windows of several answers share a call, and whatever is told of verdicts is told of
    theirs before they are released.

    Attributes:
        verdicts: On the windows so far.
    """

    def __init__(self, service: Service, caller: Caller) -> None:
        self._service, self._caller = service, caller
        self._loop = asyncio.get_running_loop()
        self.verdicts: list[Verdict] = []

    @property
    def policy(self) -> Policy:
        """The service's."""
        return self._service.policy

    def key(self, use: Use, /) -> Key | None:
        """Return the service's key."""
        return self._service.key(use)

    def __call__(self, batch: Batch, use: Use, /) -> list[Verdict]:
        """Return a verdict for each window."""
        asked = self._service.screen(self._caller, use, batch)
        verdicts = asyncio.run_coroutine_threadsafe(asked, self._loop).result(ABANDONED)
        self.verdicts += verdicts
        return verdicts


@final
class One:
    """One answer.

    Attributes:
        verdicts: On the windows of the answer, but for attempts that were given up.
        choice: What the guard says of it; None where the prompt was dropped.
    """

    def __init__(self, index: int, prompt: Verdict, task: Task | None, relay: Relay) -> None:
        """Begin an answer to a prompt; without a task to one that was dropped."""
        self.index, self.prompt, self._task, self._relay = index, prompt, task, relay
        self.gone = Event()
        self.choice: Choice[Token] | None = None
        if task is not None:
            self.choice = Choice(relay, prompt.redacted)
        self._ended: str | None = None

    @property
    def verdicts(self) -> list[Verdict]:
        """Return what was decided about its windows."""
        return self._relay.verdicts

    @property
    def decision(self) -> Decision | Verdict:
        """Return what was decided: of the prompt where that was dropped."""
        return self.choice.decision if self.choice else self.prompt

    @property
    def refusal(self) -> str | None:
        """Return in words why the answer was ended; None where it was not."""
        decision = self.decision
        if decision.action is not Action.DROP:
            return None
        what = "answer" if self.choice else "prompt"
        reasons = ", ".join(harms(decision.reasons))
        words = f"The {what} was stopped by the policy{reasons and f': {reasons}'}."
        return decision.remedy.message or words

    def write(self, author: Author, deliver: Callable[[Part], None]) -> None:
        """Write it to its end, and deliver what may leave; in a thread."""
        if self.choice is None or self._task is None:
            deliver(Part(self.index, self.prompt.remedy.message, ending="content_filter"))
            return
        for part in released(self.choice, partial(self._attempt, author, self._task)):
            deliver(Part(self.index, part.text, part.values))
        ending = "content_filter" if self.choice.dropped else self._ended
        deliver(Part(self.index, ending=cast("Ending", ending)))

    def _attempt(
        self, author: Author, task: Task, number: int
    ) -> Generator[Said[Token], None, None]:
        self._relay.verdicts.clear()
        writing = author.write(task, number)
        try:
            while not self.gone.is_set():
                yield next(writing)
        except StopIteration as end:
            self._ended = end.value
        finally:
            writing.close()


class Answers:
    """All answers to one request; several prompts have each as many.

    Raises:
        ApiError: Too many wait (503).
    """

    def __init__(self, service: Service, author: Author, ones: Sequence[One]) -> None:
        self.ones = ones
        self._service, self._author = service, author
        self._loop = asyncio.get_running_loop()
        self._parts: asyncio.Queue[Part | Exception] = asyncio.Queue()
        try:
            author.start([partial(self._write, one) for one in ones])
        except BusyError:
            message = "too many answers are being written; come back"
            raise ApiError(503, message, "overloaded", retry_after=1) from None

    def stop(self) -> None:
        """Write no more: nobody listens."""
        for one in self.ones:
            one.gone.set()

    async def parts(self) -> AsyncIterator[Part | None]:
        """Yield what may leave as it comes, and None now and then while nothing does.

        Raises:
            ApiError: An answer failed, or the server is about to end.
        """
        left = len(self.ones)
        while left:
            seconds = self._service.ends_at - time.monotonic()
            if seconds <= 0:
                raise ApiError(503, "the server is about to stop", "draining", retry_after=1)
            try:
                async with asyncio.timeout(min(self._service.beat_seconds, seconds)):
                    part = await self._parts.get()
            except TimeoutError:
                yield None
                continue
            if isinstance(part, Exception):
                raise failed(part) from None
            left -= part.ending is not None
            yield part

    async def whole(self) -> list[list[Part]]:
        """Return the parts of each answer when all have ended; whatever ends this, they stop.

        Raises:
            ApiError: As `parts`.
        """
        try:
            parts = [part async for part in self.parts() if part]
        finally:
            self.stop()
        return [[part for part in parts if part.index == one.index] for one in self.ones]

    def _write(self, one: One) -> None:
        def deliver(part: Part | Exception) -> None:
            self._loop.call_soon_threadsafe(self._parts.put_nowait, part)

        try:
            if not one.gone.is_set():
                one.write(self._author, deliver)
        except Exception as error:
            deliver(error)


def failed(error: Exception) -> ApiError:
    """Return what a client is told of an answer that failed; what waited was not released."""
    if isinstance(error, ApiError):
        return error
    log.error("an answer was not written: %s", type(error).__name__)
    return ApiError(500, "the answer could not be written", "not_written")
