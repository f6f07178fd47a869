"""`POST /v1/chat/completions`, as OpenAI's clients know it, always under guard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Body, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from gemsieve.filters import Verdict
from gemsieve.safety.api import asking
from gemsieve.safety.api.answering import Answers, Ending, One, Part
from gemsieve.safety.api.asking import Asked, Desk, Moderated, ModerationWish, Served, Usage
from gemsieve.safety.api.errors import ApiError
from gemsieve.safety.api.events import STREAMED, Events
from gemsieve.safety.api.limits import MAX_INPUTS
from gemsieve.safety.api.moderations import Parts, TextPart
from gemsieve.safety.api.route import router
from gemsieve.safety.author import Author
from gemsieve.safety.prompts import Messages

if TYPE_CHECKING:
    from gemsieve.model.sampling.writing import Token

# What a model of ours cannot do, and a request must not count on.
UNSUPPORTED = ("tools", "functions", "audio", "web_search_options")

chat = router(scope="generate")


class Message(BaseModel):
    """One turn; an assistant's may be null, as one that was refused."""

    model_config = ConfigDict(strict=True)
    role: Literal["system", "developer", "user", "assistant"]
    content: str | Parts | None = None

    @model_validator(mode="after")
    def _spoken(self) -> Message:
        if self.content is None and self.role != "assistant":
            raise PydanticCustomError("missing", "only an assistant's content may be null")
        return self

    @property
    def text(self) -> str:
        """What it says, its parts a line each."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if isinstance(part, TextPart))
        return self.content or ""

    @property
    def shows(self) -> bool:
        """Whether a part of it is an image."""
        return isinstance(self.content, list) and not all(
            isinstance(part, TextPart) for part in self.content
        )


class ChatRequest(Asked):
    """A conversation whose last turn is to be answered."""

    messages: Annotated[list[Message], Field(min_length=1, max_length=MAX_INPUTS)]
    max_completion_tokens: int | None = Field(default=None, ge=1)
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    moderation: ModerationWish | None = None
    tools: list[dict[str, Any]] | None = None
    functions: list[dict[str, Any]] | None = None
    audio: dict[str, Any] | None = None
    web_search_options: dict[str, Any] | None = None

    @property
    def speakers(self) -> list[str]:
        """Whose turns the messages are."""
        return ["system" if m.role == "developer" else m.role for m in self.messages]


class Logprob(BaseModel):
    """A token that was released; those it might have been are not told, for nobody judged them."""

    token: str
    bytes: list[int]
    logprob: float
    top_logprobs: list[dict[str, Any]] = []


class Logprobs(BaseModel):
    """All of them."""

    content: list[Logprob]
    refusal: None = None


class Answer(BaseModel):
    """What the model says, as far as it was released."""

    role: Literal["assistant"] = "assistant"
    content: str | None
    refusal: str | None


class ChatChoice(BaseModel):
    """One answer."""

    index: int
    message: Answer
    finish_reason: Ending
    logprobs: Logprobs | None


class ChatCompletion(BaseModel):
    """The answers; `system_fingerprint` names the policy that guarded them."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChatChoice]
    usage: Usage
    moderation: Moderated | None = None


EXAMPLE = {"model": "MODEL", "messages": [{"role": "user", "content": "When is high tide?"}]}
EXAMPLES: dict[str, Any] = {
    "whole": {"summary": "An answer at once", "value": {**EXAMPLE, "max_tokens": 16}},
    "streamed": {
        "summary": "An answer as it comes, with its usage",
        "value": {
            **EXAMPLE,
            "max_tokens": 16,
            "stream": True,
            "stream_options": {"include_usage": True},
        },
    },
}


@chat.post("/v1/chat/completions", response_model=ChatCompletion, responses=STREAMED)
async def complete_chat(
    request: Annotated[ChatRequest, Body(openapi_examples=EXAMPLES)], desk: Served
) -> ChatCompletion | Response:
    """Answer a conversation, judged as a prompt; the answer is judged while it is written."""
    asking.check(request, desk.author, UNSUPPORTED)
    if any(message.shows for message in request.messages):
        raise ApiError(400, "images cannot be read; send text", "image_unsupported", "messages")
    texts = [message.text for message in request.messages]
    messages = await desk.service.together(desk.caller, texts, request.speakers)
    tokens = await conversation(desk.author, request, messages)
    longest = request.max_completion_tokens or desk.author.longest
    answers = asking.answers(desk, request, [(messages.verdict, tokens)], longest)
    telling = Telling(desk, request, messages.verdicts, tokens, answers)
    if request.stream:
        return Events(telling.events(), answers.stop)
    return await telling.whole()


async def conversation(
    author: Author, request: ChatRequest, messages: Messages
) -> tuple[int, ...] | None:
    """Return the tokens of a conversation as it may be read, None if it may not be."""
    from gemsieve.model.sampling.chat import Turn

    if messages.dropped:
        return None
    turns = list(map(Turn, request.speakers, messages.texts))
    (tokens,) = await asking.pieces(author, "messages", lambda: [author.asked_by(turns)])
    return tokens


class Telling:
    """Tells of the answers to a chat, at once or as they come."""

    def __init__(
        self,
        desk: Desk,
        request: ChatRequest,
        verdicts: Sequence[Verdict],
        tokens: tuple[int, ...] | None,
        answers: Answers,
    ) -> None:
        self._service, self._request, self._verdicts = desk.service, request, verdicts
        self._tokens, self._answers = tokens, answers
        self._begun = asking.begun(desk, "chatcmpl")

    async def whole(self) -> ChatCompletion:
        """Return the answers when all have ended."""
        told = await self._answers.whole()
        choices = [self._choice(one, parts) for one, parts in zip(self._ones, told, strict=True)]
        return ChatCompletion(
            **self._begun, choices=choices, usage=self._usage, moderation=self._moderation
        )

    async def events(self) -> AsyncIterator[dict[str, Any] | None]:
        """Yield the answers as they come: who speaks, text, the end, and what else was asked."""
        for one in self._ones:
            yield self._event(one.index, {"role": "assistant", "content": ""})
        async for part in self._answers.parts():
            if part is None:
                yield None
                continue
            if part.text or part.tokens:
                yield self._event(part.index, {"content": part.text}, part)
            if part.ending:
                refusal = self._ones[part.index].refusal
                yield self._event(part.index, {"refusal": refusal} if refusal else {}, part)
        if moderation := self._moderation:
            yield self._chunk([], moderation=moderation.model_dump())
        if self._request.tells_usage:
            yield self._chunk([], usage=self._usage.model_dump())

    @property
    def _ones(self) -> Sequence[One]:
        return self._answers.ones

    @property
    def _usage(self) -> Usage:
        return asking.usage([self._tokens], self._ones)

    @property
    def _moderation(self) -> Moderated | None:
        if self._request.moderation is None:
            return None
        return asking.moderated(self._service, self._verdicts, self._ones)

    def _choice(self, one: One, parts: Sequence[Part]) -> ChatChoice:
        text = "".join(part.text for part in parts)
        return ChatChoice(
            index=one.index,
            message=Answer(content=text if text or not one.refusal else None, refusal=one.refusal),
            finish_reason=parts[-1].ending or "stop",
            logprobs=self._logprobs([token for part in parts for token in part.tokens]),
        )

    def _logprobs(self, tokens: Sequence[Token]) -> Logprobs | None:
        if not self._request.logprobs:
            return None
        return Logprobs(
            content=[Logprob(token=t.text, bytes=list(t.data), logprob=t.logprob) for t in tokens]
        )

    def _event(self, index: int, delta: dict[str, Any], part: Part | None = None) -> dict[str, Any]:
        logprobs = self._logprobs(part.tokens) if part and "content" in delta else None
        choice = {
            "index": index,
            "delta": delta,
            "logprobs": logprobs and logprobs.model_dump(),
            "finish_reason": part.ending if part and "content" not in delta else None,
        }
        return self._chunk([choice])

    def _chunk(self, choices: list[dict[str, Any]], **more: object) -> dict[str, Any]:
        usage = {"usage": None} if self._request.tells_usage else {}
        chunk = {"object": "chat.completion.chunk", "choices": choices}
        return {**self._begun, **chunk, **usage, **more}
