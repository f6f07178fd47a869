"""`POST /v1/moderations`, as OpenAI's clients know it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field

from gemsieve.filters import Action, Verdict
from gemsieve.safety.api.caller import Asking
from gemsieve.safety.api.errors import ApiError
from gemsieve.safety.api.limits import MAX_INPUTS
from gemsieve.safety.api.models import MODERATION
from gemsieve.safety.api.route import router
from gemsieve.safety.api.service import Judge
from gemsieve.safety.prompts import looks

# OpenAI's categories, and the label whose probability each one shows. What no detector computes is
# false, 0 and applied to nothing: never approximated.
CATEGORIES: dict[str, str | None] = {
    "harassment": "toxicity.toxicity",
    "harassment/threatening": "toxicity.threat",
    "hate": "toxicity.identity_attack",
    "hate/threatening": None,
    "illicit": None,
    "illicit/violent": None,
    "self-harm": None,
    "self-harm/instructions": None,
    "self-harm/intent": None,
    "sexual": None,
    "sexual/minors": None,
    "violence": None,
    "violence/graphic": None,
}
FAMILY = "toxicity."
LIKELY = 0.5  # a kind of a dropped text is told from where it is more likely than not

moderations = router(scope="judge")


class TextPart(BaseModel):
    """A part of an input that is text."""

    model_config = ConfigDict(extra="forbid", strict=True)
    type: Literal["text"]
    text: str


class ImagePart(BaseModel):
    """A part that is an image; understood in order to be refused."""

    model_config = ConfigDict(strict=True)
    type: Literal["image_url"]
    image_url: dict[str, Any]


Texts = Annotated[list[str], Field(min_length=1, max_length=MAX_INPUTS)]
Part = Annotated[TextPart | ImagePart, Field(discriminator="type")]
Parts = Annotated[list[Part], Field(min_length=1, max_length=MAX_INPUTS)]


class ModerationRequest(BaseModel):
    """What is to be judged: one text, several, or the parts of one."""

    model_config = ConfigDict(strict=True)
    input: str | Texts | Parts
    model: str = Field(default=MODERATION, max_length=200)


class Moderation(BaseModel):
    """The judgement of one input."""

    flagged: bool
    categories: dict[str, bool]
    category_scores: dict[str, float]
    category_applied_input_types: dict[str, list[str]]


class ModerationResponse(BaseModel):
    """The judgements, in the order of the inputs; `model` names the policy that judged."""

    id: str
    model: str
    results: list[Moderation]


EXAMPLES: dict[str, Any] = {
    "one": {"summary": "One text", "value": {"input": "The ferry leaves at nine."}},
    "several": {
        "summary": "Several texts, a result for each",
        "value": {"input": ["The ferry leaves at nine.", "Row 4 is free."]},
    },
    "parts": {
        "summary": "The parts of one input, which has one result",
        "value": {
            "model": MODERATION,
            "input": [{"type": "text", "text": "The ferry"}, {"type": "text", "text": "is late."}],
        },
    },
}


@moderations.post("/v1/moderations")
async def moderate(
    request: Annotated[ModerationRequest, Body(openapi_examples=EXAMPLES)],
    service: Judge,
    caller: Asking,
) -> ModerationResponse:
    """Judge texts by the policy's rules for `output`."""
    inputs = texts(request)
    flat = [text for one in inputs for text in one]
    left = iter(await service.judge(caller, "output", flat))
    return ModerationResponse(
        id=f"modr-{caller.request}",
        model=service.model,
        results=[moderation([next(left) for _ in one]) for one in inputs],
    )


def texts(request: ModerationRequest) -> list[list[str]]:
    """Return the texts of each input; the parts of a content array are one input.

    They are judged together too: what is spread over parts shows in none.

    Raises:
        ApiError: There is an image among them.
    """
    given = request.input
    if isinstance(given, str):
        return [[given]]
    if any(isinstance(part, ImagePart) for part in given):
        raise ApiError(400, "images cannot be judged; send text", "image_unsupported", "input")
    if plain := [part for part in given if isinstance(part, str)]:
        return [[text] for text in plain]
    parts = [part.text for part in given if isinstance(part, TextPart)]
    return [[*parts, *(look.text for look in looks(parts, ["user"] * len(parts)))]]


def highest(verdicts: Sequence[Verdict]) -> dict[str, float]:
    """Return the highest score, at least 0, of each label that was found in any of the texts."""
    scores: dict[str, float] = {}
    for finding in (f for v in verdicts for f in v.findings):
        scores[finding.label] = max(finding.score, scores.get(finding.label, 0.0))
    return scores


def moderation(verdicts: Sequence[Verdict]) -> Moderation:
    """Return what the texts of one input come to: the worst of each.

    An input is flagged when the policy drops it. Personal data alone does not flag it: a policy
    that redacts would have let the redacted text pass.
    """
    dropped = {r for v in verdicts if v.action is Action.DROP for r in v.reasons}
    toxic = any(label.startswith(FAMILY) for label in dropped)
    scores = highest(verdicts)
    shown = {name: scores.get(label or "", 0.0) for name, label in CATEGORIES.items()}
    return Moderation(
        flagged=bool(dropped),
        categories={
            name: label in dropped or (toxic and shown[name] >= LIKELY)
            for name, label in CATEGORIES.items()
        },
        category_scores=shown,
        category_applied_input_types={
            name: ["text"] if label in scores else [] for name, label in CATEGORIES.items()
        },
    )
