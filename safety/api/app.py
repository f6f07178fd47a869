"""The application: one filter, its endpoints, its limits and who may use them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from gemsieve.filters import Filter
from gemsieve.safety.api import (
    chat,
    check,
    comments,
    completions,
    decisions,
    discovery,
    health,
    models,
    moderations,
    playground,
    policies,
)
from gemsieve.safety.api.access import Access
from gemsieve.safety.api.errors import add_errors
from gemsieve.safety.api.limits import Limits
from gemsieve.safety.api.metrics import Metrics
from gemsieve.safety.api.service import Recorder, Service, stop
from gemsieve.safety.api.watch import EXPOSED, Watch
from gemsieve.safety.author import Author

# One line a group of endpoints.
ROUTERS = (
    moderations.moderations,
    check.check,
    decisions.decisions,
    comments.comments,
    discovery.discovery,
    models.models,
    policies.policies,
    playground.playground,
    health.open_to_all,
    health.measured,
)
# And where a model is served.
WRITING = (chat.chat, completions.completions)


def create_app(  # noqa: PLR0913 - each can be left out
    judge: Filter,
    *,
    limits: Limits | None = None,
    access: Access | None = None,
    origins: Sequence[str] = (),
    recorders: Sequence[Recorder] = (),
    author: Author | None = None,
) -> FastAPI:
    """Return the service of one filter; it loads its models when it starts.

    Args:
        judge: The filter.
        limits: What may be asked of it.
        access: Who may ask; without it everybody.
        origins: Web pages from elsewhere that may call it (CORS); none unless named.
        recorders: Told of all that is decided, before clients are.
        author: A model that answers, always under the filter; without it nothing is written.

    Raises:
        LookupError: The policy has no rules for `output`; with an author, for `prompt`.
    """
    judge.policy.ruleset("output")
    if author is not None:
        judge.policy.ruleset("prompt")
    limits = limits or Limits()
    metrics = Metrics(lambda: service.batcher.waiting)
    if author is not None:
        metrics.watch(
            "gemsieve_written_answers",
            "Answers that are written or wait to be",
            lambda: author.under_way,
        )
    service = Service(judge, limits, (metrics.judged, *recorders), author)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        running = asyncio.create_task(service.run())
        yield {"limits": limits, "shed": metrics.shed}
        if author is not None:
            await asyncio.to_thread(author.close)
        await stop(running)

    app = FastAPI(
        title="gemsieve",
        description="Judges texts under one policy; speaks what clients already speak.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.service, app.state.metrics = service, metrics
    app.state.author = author
    app.state.limits, app.state.access = limits, access or Access()
    add_errors(app)
    for router in (*ROUTERS, *(WRITING if author else ())):
        app.include_router(router)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=["*"],  # keys come in several, clients of OpenAI's send their own
            expose_headers=EXPOSED,
        )
    app.add_middleware(Watch, metrics=metrics, policy=judge.policy.sha256)
    return app
