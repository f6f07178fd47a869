"""`GET /v1/models`: the names that clients may ask for."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from gemsieve.safety.api.errors import ApiError
from gemsieve.safety.api.route import router
from gemsieve.safety.api.service import Judge, Service
from gemsieve.safety.author import Author

MODERATION = "omni-moderation-latest"
JUDGING = ["/v1/moderations"]
CHATS, TEXTS = "/v1/chat/completions", "/v1/completions"

models = router(scope="judge")


class Model(BaseModel):
    """A name, in OpenAI's words, and where it may be asked for: nowhere while it is loaded."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "gemsieve"
    endpoints: list[str]


class Models(BaseModel):
    """All of them."""

    object: Literal["list"] = "list"
    data: list[Model]


@models.get("/v1/models")
async def list_models(service: Judge) -> Models:
    """List what judges, by OpenAI's name and the policy's own, and the model that writes."""
    return Models(data=known(service))


@models.get("/v1/models/{model}")
async def retrieve_model(model: str, service: Judge) -> Model:
    """Return one of them."""
    for one in known(service):
        if one.id == model:
            return one
    raise ApiError(404, "no such model", "model_not_found", "model")


def known(service: Service) -> list[Model]:
    """Return every name."""
    judging = [Model(id=name, endpoints=JUDGING) for name in (MODERATION, service.model)]
    return [*judging, *([] if service.author is None else [written(service, service.author)])]


def written(service: Service, author: Author) -> Model:
    """Return the name of a model that writes."""
    if service.state in {"loading", "failed"}:
        return Model(id=author.name, endpoints=[])
    return Model(id=author.name, endpoints=[CHATS, TEXTS] if author.knows_turns else [TEXTS])
