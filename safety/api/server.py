"""The server under the application: deadlines for slow clients, a bound on connections, a drain.

uvicorn waits for ever for a header or body that was begun and not ended, and for a client that
does not take its answer. Here each has its time, after which the connection is cut.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import FrameType
from typing import Any, cast

import h11
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from gemsieve.safety.api import health
from gemsieve.safety.api.errors import ApiError
from gemsieve.safety.api.limits import Limits
from gemsieve.safety.api.service import Service

GRACE = 1.0  # seconds in which the application may still answer for a body that came too slowly
STOPPING = 30  # seconds that requests have to end in when the server stops
LAST = 3  # of them, for a stream to say that it is broken off


class Protocol(H11Protocol):
    """HTTP/1.1 on one connection, on time."""

    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    @property
    def limits(self) -> Limits:
        """The limits of the application that is served."""
        limits: Limits = self.app_state["limits"]
        return limits

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; who comes when too many are there is told so, or at twice as many cut off."""
        super().connection_made(transport)
        self._expect(self.limits.header_seconds)
        if len(self.connections) > 2 * self.limits.connections:
            transport.abort()
        elif len(self.connections) > self.limits.connections:
            self.app = cast("Any", crowded(cast("ASGIApp", self.app)))

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._forget()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what comes; a header has its time from its first byte on."""
        if self.transport.is_closing():
            return
        if self._deadline is None:
            self._expect(self.limits.header_seconds)
        super().data_received(data)

    def handle_events(self) -> None:
        """Go on with what has come; a body has its time from the end of its header on."""
        before = self.conn.their_state
        super().handle_events()
        after = self.conn.their_state
        if after is h11.SEND_BODY and before is not after:
            self._expect(self.limits.body_seconds + GRACE)
        elif after not in {h11.IDLE, h11.SEND_BODY}:
            self._forget()

    def pause_writing(self) -> None:
        """Give the client its time to take what it is sent."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.limits.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop that clock."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(ApiError(400, msg, "invalid_http"))

    def _expect(self, seconds: float) -> None:
        """Set the time in which the client has to end what it sends."""
        self._forget()
        self._deadline = self.loop.call_later(seconds, self._late)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        self._refuse(ApiError(408, "the request came too slowly", "request_timeout"))

    def _refuse(self, error: ApiError) -> None:
        """Answer without asking the application, where it has not begun to, and close."""
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.abort()
            return
        response = error.response()
        headers = [*response.raw_headers, (b"connection", b"close")]
        for event in (
            h11.Response(status_code=response.status_code, headers=headers),
            h11.Data(data=bytes(response.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def crowded(app: ASGIApp) -> ASGIApp:
    """Return what answers on a connection too many: to come back, or that the server lives."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == health.LIVE:
            await app(scope, receive, send)
            return
        error = ApiError(503, "too many connections", "overloaded", retry_after=1)
        response = error.response(scope["path"])
        response.headers["connection"] = "close"
        await response(scope, receive, send)

    return answer


class Server(uvicorn.Server):
    """Stops in order: it is not ready, then closes its door, then ends what it has begun."""

    def __init__(self, config: uvicorn.Config, service: Service, drain: float) -> None:
        super().__init__(config)
        self._service, self._drain = service, drain
        self._told: tuple[float, int, FrameType | None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; told again, stop at once."""
        if self._told is not None:
            super().handle_exit(sig, frame)
        self._service.drain(self._drain + STOPPING - LAST)
        self._told = time.monotonic() + self._drain, sig, frame

    async def on_tick(self, counter: int) -> bool:
        """Say whether it is time to close the door."""
        if self._told is not None and time.monotonic() >= self._told[0]:
            _, sig, frame = self._told
            super().handle_exit(sig, frame)
        return await super().on_tick(counter)


def make_server(
    app: FastAPI,
    *,
    drain: float = 0.0,
    certificate: Path | None = None,
    key: Path | None = None,
) -> Server:
    """Return the server of an application; its `run(sockets=[...])` ends by SIGTERM or SIGINT.

    Args:
        app: From `create_app`.
        drain: Seconds between being told and closing the door, for a balancer to notice.
        certificate: With `key`, PEM files for TLS; without them HTTP is plain.
        key: The certificate's key.

    Raises:
        OSError: A file of TLS cannot be used (also ssl.SSLError).
    """
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="on",
        # What clients can bring about is not worth a line each; a URL may hold what a user typed.
        log_level="error",
        # uvicorn's own configuration would close every handler of the process's logging.
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=STOPPING,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    config.load()
    return Server(config, app.state.service, drain)
