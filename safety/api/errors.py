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


class ErrorDetail(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(BaseModel):
    """The body of every answer that is an error."""

    error: ErrorDetail


class ApiError(HTTPException):
    """An answer that is an error; asking again may help where `retry_after` says when (seconds)."""

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

    def response(self) -> JSONResponse:
        """Return it as HTTP."""
        kind = "invalid_request_error" if self.status_code < 500 else "server_error"
        detail = ErrorDetail(message=self.detail, type=kind, param=self.param, code=self.code)
        return JSONResponse(
            ErrorBody(error=detail).model_dump(), self.status_code, dict(self.headers or {})
        )


def add_errors(app: FastAPI) -> None:
    """Give every error of the service the one shape."""

    @app.exception_handler(ApiError)
    async def answer_error(_: Request, error: ApiError) -> JSONResponse:
        return error.response()

    @app.exception_handler(StarletteError)
    async def answer_http_error(_: Request, error: StarletteError) -> JSONResponse:
        code = HTTPStatus(error.status_code).name.lower()
        response = ApiError(error.status_code, str(error.detail), code).response()
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    async def answer_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return invalid(error.errors(), fields(request.app.openapi())).response()

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
    also = [e["msg"] for p, e in seen if p == param and len(e["loc"]) == len(first["loc"])]
    wanted = " or ".join(dict.fromkeys([first["msg"], *also]))
    code = CODES.get(first["type"], "invalid_type")
    return ApiError(400, f"{param or 'body'}: {wanted}", code, param or None)


def place(location: Iterable[str | int], known: frozenset[str]) -> str:
    """Return where in a body a mistake is, as in `input[1].text`; without keys of the client's."""
    parts = [
        f"[{part}]" if isinstance(part, int) else f".{part}"
        for part in location
        if isinstance(part, int) or part in known
    ]
    return "".join(parts).removeprefix(".")
