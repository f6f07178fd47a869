"""The HTTP service: `POST /v1/moderations` as OpenAI's clients know it, and `GET /healthz`.

Nothing of a request's text is logged, and no error repeats it.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import anyio
import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from gemsieve.filters import Action, Batch, Filter, Verdict

MAX_BODY_BYTES = 4_000_000
MAX_INPUTS = 1024

# OpenAI's categories, and the label whose score each one shows. What no detector computes is
# false, 0 and applied to nothing: never approximated.
CATEGORIES: dict[str, str | None] = {
    "harassment": "toxicity.toxicity",
    "harassment/threatening": None,
    "hate": None,
    "hate/threatening": None,
    "illicit": None,
    "illicit/violent": None,
    "self-harm": None,
    "self-harm/instructions": None,
    "self-harm/intent": None,
    "sexual": None,
    "sexual/minors": None,
    "violence": None,
    "violence/graphic": None,
}
UNJUDGED = ("error.", "invalid.", "missing.", "unstable.")


class TextPart(BaseModel):
    """A part of an input that is text."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["text"]
    text: str


class ImagePart(BaseModel):
    """A part that is an image; understood in order to be refused."""

    type: Literal["image_url"]
    image_url: dict[str, Any]


class ModerationRequest(BaseModel):
    """What is to be judged: one text, several, or the parts of one."""

    input: str | list[str] | list[TextPart | ImagePart]
    model: str = Field(default="omni-moderation-latest", max_length=200)


class Moderation(BaseModel):
    """The judgement of one input."""

    flagged: bool
    categories: dict[str, bool]
    category_scores: dict[str, float]
    category_applied_input_types: dict[str, list[str]]


class ModerationResponse(BaseModel):
    """The judgements, in the order of the inputs; `model` names the policy that judged."""

    id: str
    model: str
    results: list[Moderation]


class ApiError(Exception):
    """An answer that is an error, in OpenAI's shape."""

    def __init__(self, status: int, message: str, code: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param

    def response(self) -> JSONResponse:
        """Return it as HTTP; what cannot succeed by asking again says so to the client."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        body = {"message": self.message, "type": kind, "param": self.param, "code": self.code}
        headers = {"x-should-retry": "true" if self.status == 503 else "false"}
        if self.status == 503:
            headers["retry-after"] = "1"
        return JSONResponse({"error": body}, self.status, headers)


def create_app(judge: Filter) -> FastAPI:
    """Return the service of one filter; it loads its models when it starts.

    Raises:
        LookupError: The policy has no rules for `output`.
    """
    policy = judge.policy
    policy.ruleset("output")
    ready = asyncio.Event()
    workers = anyio.CapacityLimiter(os.cpu_count() or 1)

    def self_test() -> None:
        judge.setup("output")
        moderation(judge(Batch(["The weather is fine today."]), "output"))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async def load() -> None:
            await anyio.to_thread.run_sync(self_test)
            ready.set()

        loading = asyncio.create_task(load())
        yield
        loading.cancel()

    app = FastAPI(title="gemsieve", docs_url=None, redoc_url=None, lifespan=lifespan)

    @app.exception_handler(ApiError)
    async def answer_error(_: Request, error: ApiError) -> JSONResponse:
        return error.response()

    @app.exception_handler(HTTPException)
    async def answer_http_error(_: Request, error: HTTPException) -> JSONResponse:
        return ApiError(error.status_code, str(error.detail), "not_found").response()

    @app.exception_handler(Exception)
    async def answer_crash(_: Request, error: Exception) -> JSONResponse:
        return ApiError(500, f"internal error: {type(error).__name__}", "internal").response()

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the models are loaded and have judged a sentence; 503 before."""
        if not ready.is_set():
            raise ApiError(503, "the models are loading", "loading")
        return {"status": "ok", "policy": policy.name, "policy_sha256": policy.sha256}

    @app.post(
        "/v1/moderations",
        response_model=ModerationResponse,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": ModerationRequest.model_json_schema()}},
            }
        },
    )
    async def moderations(request: Request) -> ModerationResponse:
        """Judge texts by the policy's rules for `output`."""
        if not ready.is_set():
            raise ApiError(503, "the models are loading", "loading")
        inputs = texts(parsed(await body(request)))
        flat = [part for parts in inputs for part in parts]
        verdicts = await anyio.to_thread.run_sync(
            lambda: judge(Batch(flat), "output"), limiter=workers
        )
        left = iter(verdicts)
        return ModerationResponse(
            id=f"modr-{uuid.uuid4().hex}",
            model=f"gemsieve-{policy.name}-{policy.sha256[:12]}",
            results=[moderation([next(left) for _ in parts]) for parts in inputs],
        )

    return app


async def body(request: Request) -> bytes:
    """Read a request's body, up to the limit.

    Raises:
        ApiError: It is larger.
    """
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise ApiError(413, f"the body is larger than {MAX_BODY_BYTES} bytes", "too_large")
    return bytes(content)


def parsed(content: bytes) -> ModerationRequest:
    """Return the request.

    Raises:
        ApiError: It is none; names the place and repeats no value.
    """
    try:
        return ModerationRequest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        if first["type"] == "json_invalid":
            raise ApiError(400, "the body is not JSON in UTF-8", "invalid_json") from None
        place = ".".join(str(part) for part in first["loc"] if part in ("input", "model"))
        message = "input must be a string, an array of strings or an array of content parts"
        if place != "input":
            message = f"{place or 'body'}: {first['msg']}"
        raise ApiError(400, message, "invalid_type", place or None) from None


def texts(request: ModerationRequest) -> list[list[str]]:
    """Return the texts of each input; the parts of a content array are one input.

    Raises:
        ApiError: There is nothing to judge, too much, or an image.
    """
    given = request.input
    if isinstance(given, str):
        return [[given]]
    if not given:
        raise ApiError(400, "input is empty", "empty_array", "input")
    if len(given) > MAX_INPUTS:
        raise ApiError(400, f"more than {MAX_INPUTS} inputs", "array_above_max_length", "input")
    if any(isinstance(part, ImagePart) for part in given):
        raise ApiError(400, "images cannot be judged; send text", "image_unsupported", "input")
    plain = [part for part in given if isinstance(part, str)]
    return [[text] for text in plain] or [[p.text for p in given if isinstance(p, TextPart)]]


def moderation(verdicts: Sequence[Verdict]) -> Moderation:
    """Return what several texts of one input come to: the worst of each.

    An input is flagged when the policy drops it. Personal data alone does not flag it: a policy
    that redacts would have let the redacted text pass.

    Raises:
        ApiError: A detector could not judge it; no answer must mean that it is safe.
    """
    if any(reason.startswith(UNJUDGED) for v in verdicts for reason in v.reasons):
        raise ApiError(500, "a detector could not judge the input", "not_judged")
    dropped = {r for v in verdicts if v.action is Action.DROP for r in v.reasons}
    scores: dict[str, float] = {}
    for finding in (f for v in verdicts for f in v.findings):
        scores[finding.label] = max(finding.score, scores.get(finding.label, 0.0))
    return Moderation(
        flagged=bool(dropped),
        categories={name: label in dropped for name, label in CATEGORIES.items()},
        category_scores={name: scores.get(label or "", 0.0) for name, label in CATEGORIES.items()},
        category_applied_input_types={
            name: ["text"] if label in scores else [] for name, label in CATEGORIES.items()
        },
    )
