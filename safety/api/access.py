"""Who may ask, and how often: API keys and rates."""

from __future__ import annotations

import asyncio
import logging
import math
import time

from fastapi import Request
from limits import RateLimitItem, parse
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from gemsieve.safety.api.errors import ApiError
from gemsieve.safety.keys import Keyring, KeysError, Scope

log = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds that a store of rates may take to answer, before nobody can tell


class Access:
    """Admits requests.

    Attributes:
        keys: Whose keys are good; None asks for none.
        rate: Requests that a key, or without keys an address, may make; None for any number.
    """

    def __init__(
        self, keys: Keyring | None = None, rate: str | None = None, store: str = "memory://"
    ) -> None:
        """Open where rates are counted: `memory://`, or a Redis that several servers share.

        Raises:
            ValueError: A rate or an address cannot be understood.
        """
        self.keys = keys
        self._rate = parse(rate) if rate else None
        # What limits takes by itself, coredis, shares a connection among commands and drops it when
        # the store does not know a script yet: those that were under way are sent twice, and count.
        library = {"implementation": "redispy"} if store.startswith("redis") else {}
        try:
            storage = storage_from_string(f"async+{store}", wrap_exceptions=True, **library)
        except ConfigurationError as error:
            raise ValueError(f"{store}: {error}") from None
        self._limiter = MovingWindowRateLimiter(storage)

    async def admit(self, request: Request, scope: Scope) -> None:
        """Let a request pass, its key noted.

        Raises:
            ApiError: No good key (401), not for this (403), too often (429), or nobody can tell
                (503).
        """
        who, rate = request.client.host if request.client else "", self._rate
        if self.keys is not None:
            who, rate = self._known(request, self.keys, scope)
        if rate is not None:
            await self._count(rate, who)

    def _known(
        self, request: Request, keys: Keyring, scope: Scope
    ) -> tuple[str, RateLimitItem | None]:
        try:
            key = keys.find(offered(request))
        except KeysError as error:
            log.error("nobody is admitted: %s", error)
            message = "keys cannot be checked just now"
            raise ApiError(503, message, "keys_unavailable", retry_after=5) from None
        if key is None:
            unknown = ApiError(401, "send a valid API key as a bearer token", "invalid_api_key")
            unknown.headers = {**(unknown.headers or {}), "www-authenticate": "Bearer"}
            raise unknown
        if scope not in key.scopes:
            raise ApiError(403, f"the key's scopes lack {scope!r}", "insufficient_scope")
        request.state.caller.key = key.id
        return key.id, parse(key.rate) if key.rate else self._rate

    async def _count(self, rate: RateLimitItem, who: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                if await self._limiter.hit(rate, who):
                    return
                reset, _ = await self._limiter.get_window_stats(rate, who)
        except (StorageError, TimeoutError) as error:
            log.error("rates cannot be counted: %s", type(error).__name__)
            message = "rates cannot be counted just now"
            raise ApiError(503, message, "rates_unavailable", retry_after=5) from None
        wait = max(1, math.ceil(reset - time.time()))
        raise ApiError(429, f"more than {rate}", "rate_limit_exceeded", retry_after=wait)


def offered(request: Request) -> str:
    """Return the key that a request brings: as OpenAI's clients do, or as Google's."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    return request.headers.get("x-goog-api-key") or request.query_params.get("key", "")
