"""The server under the application, which stops in order."""

from __future__ import annotations

import asyncio
import gc
import time
from functools import partial
from pathlib import Path
from socket import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from gemsieve.safety.api.limits import Limits
from gemsieve.safety.api.protocol import Protocol
from gemsieve.safety.api.service import Service

STOPPING = 30  # seconds that requests have to end in when the server stops
LAST = 3  # of them, for a stream to say that it is broken off


class Server(uvicorn.Server):
    """Stops in order: it is not ready, then closes its door, then ends what it has begun."""

    def __init__(
        self, config: uvicorn.Config, service: Service, limits: Limits, drain: float
    ) -> None:
        super().__init__(config)
        self._service, self._limits, self._drain = service, limits, drain
        self._told: tuple[float, int, FrameType | None] | None = None
        self._settled = False

    async def serve(self, sockets: list[socket] | None = None) -> None:
        """Serve until told to stop."""
        try:
            await super().serve(sockets)
        finally:
            gc.unfreeze()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Open the door; who comes by TLS has as long for its handshake as for a header.

        uvicorn leaves that to the loop, whose minute lets connections pile up uncounted.
        """
        loop = asyncio.get_running_loop()
        create = loop.create_server
        if self.config.is_ssl:
            seconds = self._limits.header_seconds
            loop.create_server = partial(create, ssl_handshake_timeout=seconds)  # type: ignore[method-assign]
        try:
            await super().startup(sockets)
        finally:
            loop.create_server = create  # type: ignore[method-assign]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; told again, stop at once."""
        if self._told is not None:
            super().handle_exit(sig, frame)
        self._service.drain(self._drain + STOPPING - LAST)
        self._told = time.monotonic() + self._drain, sig, frame

    async def on_tick(self, counter: int) -> bool:
        """Say whether it is time to close the door."""
        if not self._settled and self._service.state == "ready":
            # To go through all that models brought takes 0.15 s, in which nobody is answered.
            gc.freeze()
            self._settled = True
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
        # uvloop, where it happens to be installed, takes one new connection a round of events:
        # under a storm clients waited ten seconds to be refused.
        loop="asyncio",
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
    return Server(config, app.state.service, app.state.limits, drain)
