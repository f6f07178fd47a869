"""Around every request: its identifier, its line in the log, its count, and no traceback."""

from __future__ import annotations

import logging
import time
import uuid

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gemsieve.pipeline.watch.spans import attach, span
from gemsieve.safety.api.caller import Caller
from gemsieve.safety.api.errors import ApiError
from gemsieve.safety.api.metrics import Metrics

log = logging.getLogger(__name__)

# Told of a path that no endpoint has: what a client typed is not repeated.
ELSEWHERE = "other"
NOSNIFF = (b"x-content-type-options", b"nosniff")
# What an answer is called, and by which policy it was made: for scripts of other origins, too.
REQUEST, POLICY = EXPOSED = ("x-request-id", "x-gemsieve-policy")


class Watch:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, metrics: Metrics, policy: str) -> None:
        self._app, self._metrics = app, metrics
        self._always = (NOSNIFF, (POLICY.encode(), policy.encode()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell afterwards how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller = Caller(uuid.uuid4().hex)
        scope.setdefault("state", {})["caller"] = caller
        begun, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [(REQUEST.encode(), caller.request.encode()), *self._always]
                message = {**message, "headers": [*message.get("headers", ()), *own]}
            await send(message)

        with span("request", parent(scope), request=caller.request):
            try:
                await self._app(scope, receive, sending)
            except Exception as error:
                # Its words could hold the text's, so its kind and place alone are told.
                log.error("an answer failed: %s at %s", type(error).__name__, where(error))
                if not status:
                    failed = ApiError(500, "the server failed", "server_error")
                    await failed.response(scope["path"])(scope, receive, sending)
            endpoint, seconds = caller.endpoint or ELSEWHERE, time.perf_counter() - begun
            attach(endpoint=endpoint, status=status)
        self._metrics.answered(endpoint, status, seconds)
        told = {
            "event": "answered",
            "request": caller.request,
            "endpoint": endpoint,
            "status": status,
            "seconds": round(seconds, 4),
            "key": caller.key,
        }
        log.info("%s %s in %.1f ms", endpoint, status, seconds * 1000, extra={"told": told})


def parent(scope: Scope) -> str:
    """Return the span that a client says its request belongs to (W3C `traceparent`)."""
    found = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
    return bytes(found).decode("latin-1")


def where(error: BaseException) -> str:
    """Return the file and line that raised."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    if trace is None:
        return "?"
    code = trace.tb_frame.f_code
    return f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
