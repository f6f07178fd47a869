"""The service behind the endpoints: a filter that has to prove itself before it answers."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Annotated, Any, Literal, cast

from fastapi import Depends, Request

from gemsieve.filters import Batch, Filter, Finding, Verdict
from gemsieve.filters.detector import Answering, Detector
from gemsieve.filters.identity import IdentityDetector
from gemsieve.filters.language import UNDETERMINED, LanguageDetector
from gemsieve.filters.operators.key import Key
from gemsieve.filters.policy import USES, Use
from gemsieve.safety.api.batching import Batcher, NotJudgedError, OverloadedError
from gemsieve.safety.api.caller import Caller
from gemsieve.safety.api.errors import ApiError
from gemsieve.safety.api.limits import Limits
from gemsieve.safety.author import SENTENCE, Author
from gemsieve.safety.prompts import Messages

IDENTITY, LANGUAGE, QUESTION = "identity", "language", "question"
SURE = 0.5  # that a text is in another language than the detectors are made for

log = logging.getLogger(__name__)

State = Literal["loading", "ready", "failed", "draining"]


@dataclass(frozen=True)
class Judged:
    """What was decided about the texts of a request, before the client is told."""

    caller: Caller
    use: Use
    batch: Batch
    verdicts: Sequence[Verdict]


@dataclass(frozen=True)
class Answered:
    """What a model answered about the texts of a request, before the client is told.

    Attributes:
        batch: A text for each answer.
        questions: What was asked about each.
        probabilities: Of a Yes.
    """

    caller: Caller
    batch: Batch
    questions: Sequence[str]
    probabilities: Sequence[float]


# Told of everything that is decided, and awaited before the answer: an audit log, metrics.
Recorder = Callable[[Judged | Answered], Awaitable[None]]


class Service:
    """Judges texts off the event loop, in batches, once its models are loaded and self-tested."""

    def __init__(
        self,
        judge: Filter,
        limits: Limits,
        recorders: Sequence[Recorder] = (),
        author: Author | None = None,
    ) -> None:
        self.policy = judge.policy
        self.author = author
        self.ends_at = math.inf
        self.beat_seconds = limits.beat_seconds
        self.uses = tuple(use for use in USES if use in judge.policy.rulesets)
        self.state: State = "loading"
        self.batcher = Batcher(self._work, waiting=limits.waiting, threads=limits.threads)
        self._judge = judge
        self._asked: dict[str, Detector] = {
            IDENTITY: IdentityDetector(),
            LANGUAGE: LanguageDetector(),
        }
        self._seconds = limits.answer_seconds
        self._recorders = tuple(recorders)

    @property
    def model(self) -> str:
        """The policy as the name of a model: what judged, to the digest."""
        return f"gemsieve-{self.policy.name}-{self.policy.sha256[:12]}"

    async def run(self) -> None:
        """Load the models and judge a sentence for every use; then judge what comes, for good."""
        try:
            await asyncio.to_thread(self._self_test)
        except Exception as error:
            self.state = "failed"
            log.error("not ready, and will not be: %s: %s", type(error).__name__, error)
            return
        if self.state == "loading":
            self.state = "ready"
        await self.batcher.run()

    def drain(self, seconds: float = math.inf) -> None:
        """Say from now on that nothing new should be sent here; what comes is answered still.

        An answer that is being written has these seconds to end in.
        """
        self.state = "failed" if self.state == "failed" else "draining"
        self.ends_at = time.monotonic() + seconds

    def check_ready(self) -> None:
        """Raise ApiError (503) before the models have been loaded, or when one has broken."""
        if self.state == "failed" or (self.author is not None and self.author.broken):
            raise ApiError(503, "a model has failed: see the server's log", "not_ready")
        if self.state == "loading":
            raise ApiError(503, "the models are not loaded yet", "not_ready", retry_after=1)

    def check_use(self, use: Use) -> None:
        """Raise ApiError (400) for a use that the policy has no rules for."""
        if use not in self.uses:
            message = f"the policy has no rules for {use}"
            raise ApiError(400, message, "use_unsupported", "use")

    async def judge(
        self,
        caller: Caller,
        use: Use,
        texts: Sequence[str],
        prompts: Sequence[str | None] | None = None,
    ) -> list[Verdict]:
        """Return the verdict on each text.

        Args:
            caller: Who asks.
            use: By whose rules.
            texts: The texts.
            prompts: What each text answers, for detectors that read it.

        Raises:
            ApiError: Not ready or too much to do (503), or a text could not be judged (500).
        """
        self.check_use(use)
        batch = Batch(texts, {} if prompts is None else {"prompt": prompts})
        verdicts: list[Verdict] = await self._ask(use, batch)
        if any(verdict.fault is not None for verdict in verdicts):
            raise not_judged()
        await self._record(Judged(caller, use, batch, verdicts))
        return verdicts

    async def together(
        self, caller: Caller, texts: Sequence[str], speakers: Sequence[str]
    ) -> Messages:
        """Judge the messages of a prompt, alone and together.

        Raises:
            ApiError: As `judge`.
        """
        messages = Messages(texts, speakers, self.key("prompt"))
        while asked := messages.asked:
            messages.take(await self.judge(caller, "prompt", asked))
        return messages

    async def screen(self, caller: Caller, use: Use, batch: Batch) -> list[Verdict]:
        """Return the verdicts on parts of what a model writes; one not judged is one dropped.

        Raises:
            ApiError: As `judge`, for all but a text that could not be judged.
        """
        verdicts: list[Verdict] = await self._ask(use, batch)
        await self._record(Judged(caller, use, batch, verdicts))
        return verdicts

    def key(self, use: Use) -> Key | None:
        """Return the key that the rules of a use need."""
        return self._judge.key(use)

    async def _record(self, decided: Judged | Answered) -> None:
        """Tell whoever is told; what cannot be recorded is not answered, and nothing after it."""
        try:
            for record in self._recorders:
                await record(decided)
        except Exception as error:
            self.state = "failed"
            log.error("not ready any more: a recorder failed: %s", type(error).__name__)
            raise ApiError(500, "the decision could not be recorded", "not_recorded") from None

    async def identities(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return whom each text mentions: for a client that asks, and for no record."""
        return await self._ask(IDENTITY, Batch(texts))

    async def language(self, text: str) -> str:
        """Return the language that a text is surely in (ISO 639-1), else English."""
        ((best, *_),) = await self._ask(LANGUAGE, Batch([text]))
        code = best.label.split(".")[1]
        return code if best.score >= SURE and code != UNDETERMINED else "en"

    async def answers(
        self, caller: Caller, texts: Sequence[str], questions: Sequence[str]
    ) -> list[float]:
        """Return how probably the answer to each question is Yes: of several texts, the highest.

        Raises:
            ApiError: As `judge`, or the model cannot read so much (400).
        """
        asked = [question for question in questions for _ in texts]
        batch = Batch([*texts] * len(questions), {QUESTION: asked})
        found: list[float | None] = await self._ask(QUESTION, batch)
        known = [probability for probability in found if probability is not None]
        if len(known) < len(found):
            message = "a question with its text is longer than the model can read: shorten it"
            raise ApiError(400, message, "context_length_exceeded", "questions")
        await self._record(Answered(caller, batch, asked, known))
        each = iter(known)
        return [max(islice(each, len(texts))) for _ in questions]

    @cached_property
    def answering(self) -> Answering | None:
        """The model that can be asked anything about an output, if there is one."""
        among = (d for d in self.detectors("output") if isinstance(d, Answering))
        return next(among, None)

    def detectors(self, use: Use) -> tuple[Detector, ...]:
        """Return what looks at texts of a use."""
        return self._judge.detectors[use]

    @cached_property
    def probabilities(self) -> frozenset[str]:
        """The labels by which outputs are judged that have a probability."""
        return frozenset(
            label for d in self.detectors("output") for label in d.labels.probabilities()
        )

    async def _ask(self, kind: str, batch: Batch) -> list[Any]:
        self.check_ready()
        try:
            async with asyncio.timeout(self._seconds):
                return await self.batcher(kind, batch)
        except (OverloadedError, TimeoutError):
            message = "there is too much to judge; come back"
            raise ApiError(503, message, "overloaded", retry_after=1) from None
        except NotJudgedError:
            raise not_judged() from None

    def _work(self, kind: str, batch: Batch) -> Sequence[Any]:
        if kind == QUESTION and self.answering is not None:
            return answered(self.answering, batch)
        if kind in self._asked:
            return self._asked[kind](batch)
        return self._judge(batch, cast("Use", kind))

    def _self_test(self) -> None:
        for detector in self._asked.values():
            detector.setup()
        for use in self.uses:
            self._judge.setup(use)
            (verdict,) = self._judge(Batch([SENTENCE]), use)
            if verdict.fault is not None:
                raise RuntimeError(f"the self-test of {use} ended with {verdict.fault}")
        if self.author is not None:
            self.author.prove(self._judge)


def answered(model: Answering, batch: Batch) -> list[float | None]:
    """Return the answer to the question beside each text, None where the two are too long for it.

    A text is read once for all its questions.
    """
    pairs = list(zip(batch.texts, batch.columns[QUESTION], strict=True))
    found: dict[tuple[str, str | None], float | None] = {}
    for text in dict.fromkeys(batch.texts):
        asked = [question for same, question in pairs if same == text and question is not None]
        for question, probability in zip(asked, readable(model, asked, text), strict=True):
            found[text, question] = probability
    return [found[pair] for pair in pairs]


def readable(model: Answering, questions: Sequence[str], text: str) -> Sequence[float | None]:
    """Return a model's answers; where one is too long to be asked, the others' still."""
    try:
        return model.answer(questions, text)
    except ValueError:
        if len(questions) == 1:
            return [None]
        return [one for question in questions for one in readable(model, [question], text)]


def not_judged() -> ApiError:
    """Return the error of a text that could not be judged; asking again would not help."""
    return ApiError(500, "the input could not be judged", "not_judged")


async def service(request: Request) -> Service:
    """Return the service of the application; a coroutine, or FastAPI would ask a thread."""
    found: Service = request.app.state.service
    return found


Judge = Annotated[Service, Depends(service)]


async def stop(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
