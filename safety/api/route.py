"""Routes: who may ask is settled before a body is read; who has left is not judged for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from gemsieve.safety.api.errors import ApiError, ErrorBody
from gemsieve.safety.api.reading import Bounded
from gemsieve.safety.keys import Scope

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def router(scope: Scope | None, error: type[BaseModel] = ErrorBody) -> APIRouter:
    """Return a router for endpoints that a key needs this scope for; None for those open to all.

    `error` is the body that its errors have.
    """

    class Route(APIRoute):
        """One endpoint."""

        def get_route_handler(self) -> Handler:
            """Return what answers a request."""
            answer, takes_body = super().get_route_handler(), self.body_field is not None

            async def handle(request: Request) -> Response:
                request.state.caller.endpoint = self.path
                if scope is not None:
                    await request.app.state.access.admit(request, scope)
                if not takes_body:
                    return await answer(request)
                request = Bounded(request.scope, request.receive)
                check_type(request)
                await request.body()
                return await unless_gone(request, answer(request))

            return handle

    responses: dict[int | str, dict[str, Any]] = {
        "4XX": {"model": error, "description": "The request cannot be answered."},
        "5XX": {"model": error, "description": "The server cannot answer it."},
    }
    return APIRouter(route_class=Route, responses=responses)


def check_type(request: Request) -> None:
    """Raise ApiError (415) for a body that does not say it is JSON.

    A page of another origin can send a form without asking, but not JSON.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        message = "send content-type: application/json"
        raise ApiError(415, message, "unsupported_media_type")


async def unless_gone(request: Request, work: Coroutine[Any, Any, Response]) -> Response:
    """Return what work comes to, and cancel it when the client leaves.

    Raises:
        ClientDisconnect: It left.
    """
    here, gone = asyncio.current_task(), asyncio.ensure_future(departure(request))

    def leave(_: object) -> None:
        if not ended and here is not None:
            here.cancel()

    ended = False
    gone.add_done_callback(leave)
    try:
        return await work
    except asyncio.CancelledError:
        if here is None or not gone.done() or here.uncancel():
            raise
        raise ClientDisconnect from None
    finally:
        ended = True
        gone.cancel()


async def departure(request: Request) -> None:
    """Wait until the client has left."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
