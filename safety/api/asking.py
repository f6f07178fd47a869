"""What requests for chats and for completions share: how to write, and what to tell of it."""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from gemsieve.filters import Verdict
from gemsieve.safety.api.answering import Answers, One, Relay
from gemsieve.safety.api.caller import Asking, Caller
from gemsieve.safety.api.errors import ApiError
from gemsieve.safety.api.moderations import Moderation, moderation
from gemsieve.safety.api.service import Judge, Service
from gemsieve.safety.author import Author, Prompt, Task

MOST_STOPS = 4
MOST_CHOICES = 16
Mode = Literal["score", "block"]
Stop = Annotated[str, Field(min_length=1, max_length=1000)]


class StreamOptions(BaseModel):
    """What a stream tells beside the text."""

    model_config = ConfigDict(strict=True)
    include_usage: bool = False


class ModerationUse(BaseModel):
    """What is to come of a judgement. Here a policy blocks, whether asked to or not."""

    model_config = ConfigDict(strict=True)
    mode: Mode


class ModerationUses(BaseModel):
    """The same for the request and for the answer."""

    model_config = ConfigDict(strict=True)
    input: ModerationUse | None = None
    output: ModerationUse | None = None


class ModerationWish(BaseModel):
    """That the judgements be told with the answer."""

    model_config = ConfigDict(strict=True)
    model: str = Field(max_length=200)
    policy: ModerationUses | None = None


class Asked(BaseModel):
    """How an answer is to be written."""

    model_config = ConfigDict(strict=True)
    model: str = Field(max_length=200)
    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    stop: Stop | Annotated[list[Stop], Field(max_length=MOST_STOPS)] | None = None
    n: int | None = Field(default=None, ge=1, le=MOST_CHOICES)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: dict[str, float] | None = None

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop strings."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    @property
    def tells_usage(self) -> bool:
        """Whether a stream ends with its usage."""
        return self.stream_options is not None and self.stream_options.include_usage


class Usage(BaseModel):
    """How many tokens were read, and how many released: of what is held back nothing is told."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Result(Moderation):
    """The judgement of one text, as OpenAI tells it beside an answer."""

    type: Literal["moderation_result"] = "moderation_result"
    model: str


class Results(BaseModel):
    """The judgements of several."""

    type: Literal["moderation_results"] = "moderation_results"
    model: str
    results: list[Result]


class Moderated(BaseModel):
    """The judgement of a request, and one of each of its answers."""

    input: Results
    output: Results


@dataclass(frozen=True)
class Desk:
    """Where a request for an answer is dealt with: who judges, who writes, and for whom."""

    service: Service
    author: Author
    caller: Caller


async def desk(request: Request, service: Judge, caller: Asking) -> Desk:
    """Return it, once the models are loaded; ApiError (503) before."""
    service.check_ready()
    return Desk(service, request.app.state.author, caller)


Served = Annotated[Desk, Depends(desk)]


def check(asked: Asked, author: Author, unsupported: Sequence[str]) -> None:
    """Raise ApiError for another model (404), and for what this one cannot do (400).

    `unsupported` are fields that must be absent, null, empty, 0 or false.
    """
    if asked.model != author.name:
        raise ApiError(404, "no such model; see /v1/models", "model_not_found", "model")
    for name in ("frequency_penalty", "presence_penalty", "logit_bias", *unsupported):
        if getattr(asked, name):
            message = f"{name} is not supported here: leave it out"
            raise ApiError(400, message, "unsupported_parameter", name)


async def pieces(
    author: Author, param: str, make: Callable[[], Sequence[tuple[int, ...]]]
) -> Sequence[tuple[int, ...]]:
    """Return what `make` makes of prompts, off the event loop.

    Raises:
        ApiError: They are none that the model can read (400).
    """

    def made() -> Sequence[tuple[int, ...]]:
        prompts = make()
        for prompt in prompts:
            author.check(prompt)
        return prompts

    try:
        return await asyncio.to_thread(made)
    except ValueError as error:
        # Its words are about roles and numbers of tokens, not those of a text.
        raise ApiError(400, str(error), "invalid_prompt", param) from None


def answers(
    desk: Desk,
    asked: Asked,
    prompts: Sequence[tuple[Verdict, tuple[int, ...] | None]],
    longest: int,
) -> Answers:
    """Begin `n` answers to each prompt; none for the model to write where it was dropped.

    Args:
        desk: Where.
        asked: How they are to be written.
        prompts: What was decided about each, and its tokens.
        longest: The most tokens of an answer, where the request does not say.

    Raises:
        ApiError: Too many wait (503).
    """
    seed, count = asked.seed if asked.seed is not None else secrets.randbits(32), asked.n or 1
    read = [None if tokens is None else Prompt(tokens) for _, tokens in prompts]
    ones = []
    for index in range(len(prompts) * count):
        verdict, prompt = prompts[index // count][0], read[index // count]
        task = None if prompt is None else made(asked, prompt, seed + index, longest)
        ones.append(One(index, verdict, task, Relay(desk.service, desk.caller)))
    return Answers(desk.service, desk.author, ones)


def made(asked: Asked, prompt: Prompt, seed: int, longest: int) -> Task:
    """Return one answer's task."""
    return Task(
        prompt=prompt,
        temperature=1.0 if asked.temperature is None else asked.temperature,
        top_p=asked.top_p or 1.0,
        seed=seed,
        max_tokens=asked.max_tokens or longest,
        stop=asked.stops,
    )


def usage(prompts: Sequence[tuple[int, ...] | None], ones: Sequence[One]) -> Usage:
    """Return what was read, each prompt once, and what was released of all answers."""
    read = sum(len(tokens or ()) for tokens in prompts)
    written = sum(one.choice.count for one in ones if one.choice)
    return Usage(prompt_tokens=read, completion_tokens=written, total_tokens=read + written)


def moderated(service: Service, prompts: Sequence[Verdict], ones: Sequence[One]) -> Moderated:
    """Return what was decided about a request as a whole, and about each answer to it."""

    def results(several: Sequence[Sequence[Verdict]]) -> Results:
        told = [
            Result(**moderation(verdicts).model_dump(), model=service.model) for verdicts in several
        ]
        return Results(model=service.model, results=told)

    written = [one.verdicts for one in ones if one.choice]
    return Moderated(input=results([prompts]), output=results(written))


def begun(desk: Desk, prefix: str) -> dict[str, Any]:
    """Return what an answer and every part of it begin with; it names the policy that guards."""
    return {
        "id": f"{prefix}-{uuid.uuid4().hex}",
        "created": int(time.time()),
        "model": desk.author.name,
        "system_fingerprint": desk.service.model,
    }
