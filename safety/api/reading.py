"""Bodies: bounded in size and time, unpacked, and JSON in UTF-8 or nothing."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING

from fastapi import Request
from pydantic_core import from_json

from gemsieve.safety.api.errors import ApiError
from gemsieve.safety.api.limits import Limits

if TYPE_CHECKING:
    from zlib import _Decompress

GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS  # told apart by their first bytes
# Of a body that is too large, so many times the limit are still taken, and thrown away: a client
# in the middle of sending would not hear the answer if the connection were cut.
PATIENCE = 4
# Values in a body: far more than a contract takes, few enough to tell at once what is wrong with
# each. What breaks its contract a million times took a minute and a gigabyte to refuse.
MOST_VALUES = 20_000
PACKED = frozenset({"gzip", "x-gzip", "deflate"})


class Bounded(Request):
    """A request whose body is read once, within the server's limits."""

    _body: bytes
    _json: object

    async def body(self) -> bytes:
        """Return the body, unpacked.

        Raises:
            ApiError: It is too large, too slow, or not what its header says.
        """
        if not hasattr(self, "_body"):
            self._body = await read(self, self.app.state.limits)
        return self._body

    async def json(self) -> object:
        """Return what the body says.

        Raises:
            ApiError: It is not JSON; also NaN, half of a surrogate pair or too many levels.
        """
        if not hasattr(self, "_json"):
            self._json = parsed(await self.body())
        return self._json


async def read(request: Request, limits: Limits) -> bytes:
    """Read a body within the limits."""
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > PATIENCE * limits.body_bytes:
        raise too_large(limits)
    unpack = unpacker(request.headers.get("content-encoding", "identity"))
    content, received, most = bytearray(), 0, limits.body_bytes
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for chunk in request.stream():
                received += len(chunk)
                if max(received, len(content)) <= most:
                    content += (
                        unpack.decompress(chunk, most + 1 - len(content)) if unpack else chunk
                    )
                elif received > PATIENCE * most:
                    break
    except TimeoutError:
        raise ApiError(408, "the body came too slowly", "request_timeout") from None
    except zlib.error:
        raise ApiError(400, "the body is not packed as it says", "invalid_encoding") from None
    if max(received, len(content)) > most:
        raise too_large(limits)
    if unpack and received and not (unpack.eof and not unpack.unused_data):
        raise ApiError(400, "the packed body ends too soon or too late", "invalid_encoding")
    return bytes(content)


def unpacker(encoding: str) -> _Decompress | None:
    """Return what unpacks a body, or None for one that is not packed.

    Raises:
        ApiError: We cannot (415).
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return None
    if name not in PACKED:
        message = "send content-encoding gzip, deflate or none"
        raise ApiError(415, message, "unsupported_encoding")
    return zlib.decompressobj(GZIP_OR_ZLIB)


def too_large(limits: Limits) -> ApiError:
    """Return the error of a body that is too large."""
    return ApiError(413, f"the body is larger than {limits.body_bytes} bytes", "too_large")


def parsed(content: bytes) -> object:
    """Return what JSON says.

    Raises:
        ApiError: It says nothing, or too much.
    """
    try:
        value = from_json(content, allow_inf_nan=False)
    except ValueError:
        raise ApiError(400, "the body is not JSON in UTF-8", "invalid_json") from None
    if too_many(value):
        raise ApiError(413, f"the body holds more than {MOST_VALUES} values", "too_large")
    return value


def too_many(value: object) -> bool:
    """Say whether there are more values in a value than a body may have."""
    left, count = [value], 0
    while left and count <= MOST_VALUES:
        one = left.pop()
        inner = list(one.values()) if isinstance(one, dict) else one
        if isinstance(inner, list):
            count += len(inner)
            left += inner[:MOST_VALUES]
    return count > MOST_VALUES
