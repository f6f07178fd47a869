"""`POST /v1/completions`, as OpenAI's clients know it, always under guard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Body, Response
from pydantic import BaseModel, Field

from gemsieve.safety.api import asking
from gemsieve.safety.api.answering import Answers, Ending, Part
from gemsieve.safety.api.asking import MOST_CHOICES, Asked, Desk, Served, Usage
from gemsieve.safety.api.errors import ApiError
from gemsieve.safety.api.events import STREAMED, Events
from gemsieve.safety.api.route import router
from gemsieve.safety.author import Author

if TYPE_CHECKING:
    from gemsieve.model.sampling.writing import Token

UNSUPPORTED = ("echo", "suffix", "best_of")
LONGEST = 16  # tokens, as OpenAI's endpoint writes where none are asked for

completions = router(scope="generate")


class CompletionRequest(Asked):
    """Texts to be continued."""

    prompt: str | Annotated[list[str], Field(min_length=1, max_length=MOST_CHOICES)]
    logprobs: int | None = Field(default=None, ge=0, le=5)
    echo: bool | None = None
    suffix: str | None = None
    best_of: int | None = None


class CompletionLogprobs(BaseModel):
    """The tokens that were released; those they might have been are not told."""

    tokens: list[str]
    token_logprobs: list[float]
    top_logprobs: None = None
    text_offset: None = None


class CompletionChoice(BaseModel):
    """One continuation, as far as it was released."""

    index: int
    text: str
    finish_reason: Ending | None
    logprobs: CompletionLogprobs | None


class Completion(BaseModel):
    """The continuations, or some of their text; `system_fingerprint` names the policy."""

    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int
    model: str
    system_fingerprint: str
    choices: list[CompletionChoice]
    usage: Usage | None = None


EXAMPLES: dict[str, Any] = {
    "one": {
        "summary": "A text to go on with",
        "value": {"model": "MODEL", "prompt": "The ferry leaves"},
    },
    "several": {
        "summary": "Several, as they come",
        "value": {"model": "MODEL", "prompt": ["The ferry", "Row 4"], "stream": True},
    },
}


@completions.post("/v1/completions", response_model=Completion, responses=STREAMED)
async def complete(
    request: Annotated[CompletionRequest, Body(openapi_examples=EXAMPLES)], desk: Served
) -> Completion | Response:
    """Continue texts; each is judged as a prompt, what follows while it is written."""
    asking.check(request, desk.author, UNSUPPORTED)
    texts = [request.prompt] if isinstance(request.prompt, str) else request.prompt
    if len(texts) * (request.n or 1) > MOST_CHOICES:
        message = f"prompts times n must be at most {MOST_CHOICES}"
        raise ApiError(400, message, "too_many_choices", "n")
    verdicts = await desk.service.judge(desk.caller, "prompt", texts)
    prompts = await begun_by(desk.author, [verdict.redacted for verdict in verdicts])
    answers = asking.answers(desk, request, list(zip(verdicts, prompts, strict=True)), LONGEST)
    telling = Telling(desk, request, prompts, answers)
    if request.stream:
        return Events(telling.events(), answers.stop)
    return await telling.whole()


async def begun_by(author: Author, passed: Sequence[str | None]) -> list[tuple[int, ...] | None]:
    """Return the tokens of texts; None where one was dropped."""
    there = [text for text in passed if text is not None]
    read = iter(await asking.pieces(author, "prompt", lambda: list(map(author.begun_by, there))))
    return [None if text is None else next(read) for text in passed]


class Telling:
    """Tells of continuations, at once or as they come."""

    def __init__(
        self,
        desk: Desk,
        request: CompletionRequest,
        prompts: Sequence[tuple[int, ...] | None],
        answers: Answers,
    ) -> None:
        self._request, self._prompts, self._answers = request, prompts, answers
        self._begun = asking.begun(desk, "cmpl")

    async def whole(self) -> Completion:
        """Return them when all have ended."""
        told = await self._answers.whole()
        choices = [self._choice(index, parts) for index, parts in enumerate(told)]
        return Completion(**self._begun, choices=choices, usage=self._usage)

    async def events(self) -> AsyncIterator[dict[str, Any] | None]:
        """Yield them as they come."""
        async for part in self._answers.parts():
            yield self._chunk([self._choice(part.index, [part])]) if part else None
        if self._request.tells_usage:
            yield self._chunk([], self._usage)

    @property
    def _usage(self) -> Usage:
        return asking.usage(self._prompts, self._answers.ones)

    def _choice(self, index: int, parts: Sequence[Part]) -> CompletionChoice:
        return CompletionChoice(
            index=index,
            text="".join(part.text for part in parts),
            finish_reason=parts[-1].ending,
            logprobs=self._logprobs([token for part in parts for token in part.tokens]),
        )

    def _logprobs(self, tokens: Sequence[Token]) -> CompletionLogprobs | None:
        if self._request.logprobs is None:
            return None
        return CompletionLogprobs(
            tokens=[token.text for token in tokens],
            token_logprobs=[token.logprob for token in tokens],
        )

    def _chunk(self, choices: list[CompletionChoice], usage: Usage | None = None) -> dict[str, Any]:
        return Completion(**self._begun, choices=choices, usage=usage).model_dump()
