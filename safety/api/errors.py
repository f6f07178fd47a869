"""Errors as HTTP: OpenAI's shape everywhere, a code to act on, and never a word of the input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteError
from starlette.requests import ClientDisconnect

# What pydantic calls a mistake, in OpenAI's words; the rest is a wrong type or value.
CODES = {
    "extra_forbidden": "unknown_parameter",
    "missing": "missing_required_parameter",
    "string_too_long": "string_above_max_length",
    "string_too_short": "empty_string",
    "too_long": "array_above_max_length",
    "too_short": "empty_array",
}

NOWHERE = (
    "no such endpoint: /openapi.json lists them; those that write are there with `serve --model`"
)

# Where clients of Google's APIs ask, and what those call our statuses.
GOOGLE = "/v1alpha1/"
STATUSES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
PERSPECTIVE = {"comment_empty", "no_requested_attributes", "language_not_supported_by_attribute"}
PERSPECTIVE_ERROR = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"


class ErrorDetail(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(BaseModel):
    """The body of every answer that is an error."""

    error: ErrorDetail


class GoogleErrorDetail(BaseModel):
    """What went wrong, in Google's words."""

    code: int
    message: str
    status: str
    details: list[dict[str, Any]]


class GoogleErrorBody(BaseModel):
    """The body of an error under `/v1alpha1/`."""

    error: GoogleErrorDetail


class ApiError(HTTPException):
    """An answer that is an error; asking again may help where `retry_after` says when (seconds).

    `about` may be set to what Perspective's clients are told beside its code.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str,
        param: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        headers = {"x-should-retry": "false"}
        if retry_after is not None:
            headers = {"x-should-retry": "true", "retry-after": str(retry_after)}
        super().__init__(status, message, headers)
        self.code, self.param = code, param
        self.about: Mapping[str, Any] = {}

    def response(self, path: str = "") -> JSONResponse:
        """Return it as HTTP, in the shape that clients of a path know."""
        body = self.google() if path.startswith(GOOGLE) else self.openai()
        return JSONResponse(body.model_dump(), self.status_code, dict(self.headers or {}))

    def openai(self) -> ErrorBody:
        """Return it in OpenAI's shape."""
        kind = "invalid_request_error" if self.status_code < 500 else "server_error"
        detail = ErrorDetail(message=self.detail, type=kind, param=self.param, code=self.code)
        return ErrorBody(error=detail)

    def google(self) -> GoogleErrorBody:
        """Return it in Google's shape (google.rpc.Status), with Perspective's kind of error."""
        known = self.code in PERSPECTIVE
        kind = {"errorType": self.code.upper() if known else "INVALID_REQUEST"}
        error = GoogleErrorDetail(
            code=self.status_code,
            message=self.detail,
            status=STATUSES.get(self.status_code, "INVALID_ARGUMENT"),
            details=[{"@type": PERSPECTIVE_ERROR, **kind, **self.about}],
        )
        return GoogleErrorBody(error=error)


def add_errors(app: FastAPI) -> None:
    """Give every error of the service the one shape."""

    @app.exception_handler(ApiError)
    async def answer_error(request: Request, error: ApiError) -> JSONResponse:
        return error.response(request.url.path)

    @app.exception_handler(StarletteError)
    async def answer_http_error(request: Request, error: StarletteError) -> JSONResponse:
        code = HTTPStatus(error.status_code).name.lower()
        words = NOWHERE if error.status_code == HTTPStatus.NOT_FOUND else str(error.detail)
        response = ApiError(error.status_code, words, code).response(request.url.path)
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    async def answer_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        mistake = invalid(error.errors(), fields(request.app.openapi()))
        return mistake.response(request.url.path)

    @app.exception_handler(ClientDisconnect)
    async def answer_nobody(_: Request, __: ClientDisconnect) -> JSONResponse:
        # Nobody is left to read it; without this it would count as a failure of ours.
        return ApiError(400, "the client left", "client_left").response()


def fields(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of all fields of the contracts: what an error may repeat of a request."""
    schemas = document.get("components", {}).get("schemas", {}).values()
    return frozenset(name for schema in schemas for name in schema.get("properties", ()))


def invalid(errors: Iterable[Mapping[str, Any]], known: frozenset[str]) -> ApiError:
    """Return the error of a body that breaks its contract; names the place and repeats no value.

    Where alternatives were tried, the one that was followed furthest is told.
    """
    seen = [(place(error["loc"], known), error) for error in errors]
    param, first = max(seen, key=lambda s: (len(s[1]["loc"]), s[1]["type"] in CODES))
    also = [
        e
        for p, e in seen
        if first["type"] not in CODES and p == param and len(e["loc"]) == len(first["loc"])
    ]
    wanted = " or ".join(dict.fromkeys(told(error) for error in (first, *also)))
    code = CODES.get(first["type"], "invalid_type")
    return ApiError(400, f"{param or 'body'}: {wanted}", code, param or None)


def told(error: Mapping[str, Any]) -> str:
    """Return what is wrong, without the one value that pydantic would repeat."""
    if error["type"] == "union_tag_invalid":
        return f"Input should have a type of {error['ctx']['expected_tags']}"
    return str(error["msg"])


def place(location: Iterable[str | int], known: frozenset[str]) -> str:
    """Return where in a body a mistake is, as in `input[1].text`; without keys of the client's."""
    parts = [
        f"[{part}]" if isinstance(part, int) else f".{part}"
        for part in location
        if isinstance(part, int) or part in known
    ]
    # A part of an array is named by its type as well, often the name of its field.
    alone = [part for part, before in zip(parts, ["", *parts], strict=False) if part != before]
    return "".join(alone).removeprefix(".")
