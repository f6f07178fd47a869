"""HTTP/1.1 on one connection: on time, strict, and told to come back where too much is asked.

uvicorn waits for ever for a header or body that was begun and not ended, and for a client that
does not take its answer. Here each has its time, after which the connection is cut.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Literal

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gemsieve.safety.api import health
from gemsieve.safety.api.errors import GOOGLE, ApiError
from gemsieve.safety.api.limits import Limits

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

GRACE = 1.0  # seconds in which the application may still answer for a body that came too slowly
HEADER_BYTES = 16_384
PIPELINED = 32  # requests that a client may send ahead of an answer
AT_ONCE = struct.pack("ii", 1, 0)  # for SO_LINGER: else the kernel offers an answer for minutes
BODY = frozenset({b"content-length", b"transfer-encoding"})  # say that there is one
VERSIONS = frozenset({"1.0", "1.1"})


class Protocol(HttpToolsProtocol):
    """One connection."""

    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _part: Literal["header", "body"] | None = None  # that has begun and not ended
    _held = 0  # bytes of an unfinished header, or since the last ones of a body
    _size = 0  # bytes that came last
    _ahead = 0  # requests that came with them, or wait for their turn
    _crowded = False
    _ended = False  # nothing more is read

    @property
    def limits(self) -> Limits:
        """The limits of the application that is served."""
        limits: Limits = self.app_state["limits"]
        return limits

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; who comes when too many are there is told so, or at twice as many cut off."""
        super().connection_made(transport)
        # asyncio leaves this to Nagle where a listener was opened without naming its protocol.
        self._option(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expect(self.limits.header_seconds)
        self._crowded = len(self.connections) > self.limits.connections
        if len(self.connections) > 2 * self.limits.connections:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._forget()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what comes; what it leaves unfinished has its time from now on."""
        if self._ended or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        if self._part is None:
            self._part, self._held = "header", 0
        self._ahead, self._size = len(self.pipeline), len(data)
        while data and not self._ended:
            data = self._feed(data)
        self._go_on()

    def _feed(self, data: bytes) -> bytes:
        """Parse what comes, and return what is left of it."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # We stay with what we speak, and so may the client.
            return data[upgrade.args[0] :]
        except httptools.HttpParserInvalidMethodError:
            self._refuse(unknown(data))
        except httptools.HttpParserError:
            self._refuse(ApiError(400, "the request is no HTTP/1.1", "invalid_http"))
        return b""

    def on_message_begin(self) -> None:
        """Begin a request; who sends too many ahead is cut off."""
        self._part = "header"
        self._ahead += 1
        if self._ahead > PIPELINED:
            self._cut()
            raise ValueError("too many requests ahead")
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """End a header, if it is good; its request is begun."""
        self._forget()
        self._held = -self._size
        names = [name for name, _ in self.headers]
        version = self.parser.get_http_version()
        codings = [v.lower() for n, v in self.headers if n == b"transfer-encoding"]
        if (
            version not in VERSIONS
            or names.count(b"host") > 1
            or (version == "1.1" and b"host" not in names)
            or codings not in ([], [b"chunked"])
            # httptools would take the body of one for the next request.
            or (self.parser.should_upgrade() and not BODY.isdisjoint(names))
            or len(self.url) + sum(map(len, chain.from_iterable(self.headers))) > HEADER_BYTES
        ):
            raise ValueError("a header that is not taken")
        if not self.url.startswith(b"/"):
            # We are nobody's proxy: another's address is a path that is not here.
            self.url = b"/" + self.url
        super().on_headers_complete()
        self._part = "body"

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note a field of a header; those behind a body nobody reads."""
        if self._part != "body":
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Take some of a body."""
        self._held = -self._size
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._forget()
        self._part, self._held = None, -self._size  # what has come is not the next one's header
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Give the client its time to take what it is sent."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.limits.write_seconds, self._cut)

    def resume_writing(self) -> None:
        """Stop that clock."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Have a request answered, or tell the client to come back; that costs next to nothing."""
        busy = self._crowded or len(self.tasks) >= self.limits.requests
        if not busy or cycle.scope["path"] in health.PROBES:
            super()._start_asgi_task(cycle, app)
            return
        # A client that waits for a word before it sends its body may send it or not.
        again = cycle.keep_alive and not (self._crowded or cycle.waiting_for_100_continue)
        head, body = come_back(cycle.scope["path"].startswith(GOOGLE), again)
        self.transport.write(head if cycle.scope["method"] == "HEAD" else head + body)
        cycle.response_started = cycle.response_complete = True
        self.app_state["shed"]()
        if not again:
            self.transport.close()
        cycle.on_response()

    def _go_on(self) -> None:
        """Give the client its time for what is unfinished, and a header its size.

        As much may stand between chunks, and behind the last: nobody reads it, but it is held.
        """
        if self._part is not None:
            self._held += self._size
            if self._held > HEADER_BYTES:
                self._refuse(ApiError(400, "the header is too long", "invalid_http"))
        if self._part is not None and self._deadline is None and not self._ended:
            limits, header = self.limits, self._part == "header"
            self._expect(limits.header_seconds if header else limits.body_seconds + GRACE)

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
        """Read no more; answer without asking the application, where it has not begun to."""
        if self._ended:
            return
        self._ended = True
        self._forget()
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None:
            free = True
        elif self._part == "body":
            free = not (self.pipeline or cycle.response_started)
        else:
            free = cycle.response_complete
        if free:
            self.transport.write(b"".join(plain(error, "", again=False)))
            self.transport.close()
        elif self._part == "body":
            self._cut()
        elif cycle is not None:
            cycle.keep_alive = False  # what was asked before is answered yet

    def _cut(self) -> None:
        """End the connection at once, and let go of what the client has not taken."""
        self._ended = True
        self._option(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self.transport.abort()

    def _option(self, level: int, name: int, value: int | bytes) -> None:
        with suppress(OSError):  # no TCP, or closed already
            self.transport.get_extra_info("socket").setsockopt(level, name, value)


def unknown(data: bytes) -> ApiError:
    """Return the error of a request whose method is in no standard."""
    if data.split(b" ", 1)[0].isalpha():
        return ApiError(405, "Method Not Allowed", "method_not_allowed")
    return ApiError(400, "the request is no HTTP/1.1", "invalid_http")


@cache
def come_back(google: bool, again: bool) -> tuple[bytes, bytes]:
    """Return head and body of what a client is told that asks when too much is asked."""
    error = ApiError(503, "too many requests", "overloaded", retry_after=1)
    return plain(error, GOOGLE if google else "", again)


def plain(error: ApiError, path: str, again: bool) -> tuple[bytes, bytes]:
    """Return head and body of an error as they are sent; `again` leaves the connection open."""
    response = error.response(path)
    headers = response.raw_headers + ([] if again else [(b"connection", b"close")])
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return STATUS_LINE[response.status_code] + lines + b"\r\n", bytes(response.body)
