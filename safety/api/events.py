"""Server-sent events: what is streamed to a client, and how a stream that breaks says so."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from gemsieve.safety.api.errors import ApiError

EVENTS = "text/event-stream"
# One event, as it is documented: a field `data`, which holds JSON, or [DONE] at the end.
EVENT = {"type": "object", "properties": {"data": {"type": "string"}}, "required": ["data"]}
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"content": {EVENTS: {"schema": EVENT}}, "description": "The answer."}
}
BEATS = ": goes on\n\n"

log = logging.getLogger(__name__)


class Events(StreamingResponse):
    """A stream of events; whatever ends it, those who make it are told."""

    def __init__(
        self, events: AsyncIterator[dict[str, Any] | None], stop: Callable[[], None]
    ) -> None:
        super().__init__(lines(events), media_type=EVENTS, headers={"cache-control": "no-cache"})
        self._stop = stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stop()


async def lines(events: AsyncIterator[dict[str, Any] | None]) -> AsyncIterator[str]:
    """Yield events as lines, a comment for None, and the mark of the end, or an error instead."""
    try:
        async for event in events:
            yield BEATS if event is None else line(event)
    except ApiError as error:
        yield line(error.openai().model_dump())
    except Exception as error:
        log.error("a stream failed: %s", type(error).__name__)
        yield line(ApiError(500, "the server failed", "server_error").openai().model_dump())
    else:
        yield "data: [DONE]\n\n"


def line(event: dict[str, Any]) -> str:
    """Return one event."""
    return f"data: {json.dumps(event, ensure_ascii=False, allow_nan=False)}\n\n"
