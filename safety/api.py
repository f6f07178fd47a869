"""The HTTP service: `POST /v1/moderations` as OpenAI's clients know it, and `GET /healthz`.

Nothing of a request's text is logged, and no error repeats it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import anyio
import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from pydantic_core import from_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from gemsieve.filters import Batch, Filter
from gemsieve.safety.moderation import (
    ImagePart,
    ModerationRequest,
    ModerationResponse,
    TextPart,
    moderation,
    request_schema,
)

MAX_BODY_BYTES = 4_000_000
MAX_INPUTS = 1024
SENTENCE = "The weather is fine today."

log = logging.getLogger(__name__)


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


class Service:
    """A filter that has to prove itself before it answers, and then answers off the event loop."""

    def __init__(self, judge: Filter) -> None:
        self.policy = judge.policy
        self._judge = judge
        self._ready = False
        self._workers = anyio.CapacityLimiter(os.cpu_count() or 1)

    async def load(self) -> None:
        """Load the models and judge a sentence; the service is ready only if that succeeds."""
        try:
            await anyio.to_thread.run_sync(self._self_test)
            self._ready = True
        except Exception as error:
            log.error("not ready, and will not be: %s: %s", type(error).__name__, error)

    def _self_test(self) -> None:
        self._judge.setup("output")
        moderation(self._judge(Batch([SENTENCE]), "output"))

    def check_ready(self) -> None:
        """Raise ApiError (503) before the models have been loaded."""
        if not self._ready:
            raise ApiError(503, "the models are not loaded", "not_ready")

    async def moderate(self, inputs: list[list[str]]) -> ModerationResponse:
        """Judge inputs, each of one or more texts.

        Raises:
            ApiError: A text could not be judged (500).
        """
        batch = Batch([text for texts in inputs for text in texts])
        try:
            verdicts = await anyio.to_thread.run_sync(
                self._judge, batch, "output", limiter=self._workers
            )
            left = iter(verdicts)
            results = [moderation([next(left) for _ in texts]) for texts in inputs]
        except Exception as error:
            # A traceback could hold words of the text, so none reaches the server's log.
            log.error("an input was not judged: %s", type(error).__name__)
            raise ApiError(500, "the input could not be judged", "not_judged") from None
        return ModerationResponse(
            id=f"modr-{uuid.uuid4().hex}",
            model=f"gemsieve-{self.policy.name}-{self.policy.sha256[:12]}",
            results=results,
        )


def create_app(judge: Filter) -> FastAPI:
    """Return the service of one filter; it loads its models when it starts.

    Raises:
        LookupError: The policy has no rules for `output`.
    """
    judge.policy.ruleset("output")
    service = Service(judge)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(service.load())
        yield
        loading.cancel()

    app = FastAPI(title="gemsieve", docs_url=None, redoc_url=None, lifespan=lifespan)
    add_errors(app)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the models are loaded and have judged a sentence; 503 before."""
        service.check_ready()
        policy = service.policy
        return {"status": "ok", "policy": policy.name, "policy_sha256": policy.sha256}

    schema = {"application/json": {"schema": request_schema()}}

    @app.post(
        "/v1/moderations",
        response_model=ModerationResponse,
        openapi_extra={"requestBody": {"required": True, "content": schema}},
    )
    async def moderations(request: Request) -> ModerationResponse:
        """Judge texts by the policy's rules for `output`."""
        service.check_ready()
        return await service.moderate(texts(parsed(await body(request))))

    return app


def add_errors(app: FastAPI) -> None:
    """Give every error of the service OpenAI's shape."""

    @app.exception_handler(ApiError)
    async def answer_error(_: Request, error: ApiError) -> JSONResponse:
        return error.response()

    @app.exception_handler(HTTPException)
    async def answer_http_error(_: Request, error: HTTPException) -> JSONResponse:
        code = HTTPStatus(error.status_code).name.lower()
        response = ApiError(error.status_code, str(error.detail), code).response()
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(ClientDisconnect)
    async def answer_nobody(_: Request, __: ClientDisconnect) -> JSONResponse:
        # Nobody is left to read it; without this the server would log a traceback.
        return ApiError(400, "the client left", "client_left").response()


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
        given = from_json(content, allow_inf_nan=False)
    except ValueError:
        raise ApiError(400, "the body is not JSON in UTF-8", "invalid_json") from None
    try:
        return ModerationRequest.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
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
