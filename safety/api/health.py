"""Whether the server lives, and whether it should be sent anything."""

from __future__ import annotations

from typing import Literal

from fastapi import Request, Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from gemsieve.safety.api.errors import ApiError
from gemsieve.safety.api.route import router
from gemsieve.safety.api.service import Judge

LIVE, READY, METRICS = "/v2/health/live", "/v2/health/ready", "/metrics"
PROBES = frozenset({LIVE, READY, METRICS})  # answered however much else is asked

open_to_all = router(scope=None)
measured = router(scope="metrics")


class Health(BaseModel):
    """A server that answers, and by which policy."""

    status: Literal["ok"] = "ok"
    policy: str
    policy_sha256: str


class Live(BaseModel):
    """A server that runs."""

    live: Literal[True] = True


class Ready(BaseModel):
    """A server that may be sent requests."""

    ready: Literal[True] = True


@open_to_all.get("/health")
async def health(service: Judge) -> Health:
    """Tell the policy, once the models are loaded and have judged a sentence; 503 before."""
    service.check_ready()
    return Health(policy=service.policy.name, policy_sha256=service.policy.sha256)


@open_to_all.get(LIVE)
async def live() -> Live:
    """Say that the server runs, whatever it can do."""
    return Live()


@open_to_all.get(READY)
async def ready(request: Request, service: Judge) -> Ready:
    """Say that what is sent here is judged or refused at once, however much else is sent.

    503 while models load, while the server drains, and when nothing is judged any more.
    """
    service.check_ready()
    if service.state == "draining":
        raise ApiError(503, "the server is about to stop", "draining", retry_after=1)
    if service.batcher.stuck(request.app.state.limits.answer_seconds):
        raise ApiError(503, "nothing is judged any more", "stalled", retry_after=1)
    return Ready()


@measured.get(METRICS, response_class=Response)
async def metrics(request: Request) -> Response:
    """Return counts and times in Prometheus's text form."""
    text = generate_latest(request.app.state.metrics.registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
