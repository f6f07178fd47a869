"""Who asks, and under which name an answer can be found again; no word of what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request


@dataclass
class Caller:
    """One request.

    Attributes:
        request: Its identifier, told to the client as `x-request-id`.
        endpoint: The path of the endpoint, as documented.
        key: Whose API key came with it; None where the server asks for none.
    """

    request: str
    endpoint: str = ""
    key: str | None = None


async def caller(request: Request) -> Caller:
    """Return who asks; a coroutine, or FastAPI would ask a thread."""
    found: Caller = request.state.caller
    return found


Asking = Annotated[Caller, Depends(caller)]
