"""The contract of `POST /v1/moderations`, and what a verdict comes to in its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gemsieve.filters import Action, Verdict

# OpenAI's categories, and the label whose score each one shows. What no detector computes is
# false, 0 and applied to nothing: never approximated.
CATEGORIES: dict[str, str | None] = {
    "harassment": "toxicity.toxicity",
    "harassment/threatening": None,
    "hate": None,
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


class TextPart(BaseModel):
    """A part of an input that is text."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["text"]
    text: str


class ImagePart(BaseModel):
    """A part that is an image; understood in order to be refused."""

    type: Literal["image_url"]
    image_url: dict[str, Any]


class ModerationRequest(BaseModel):
    """What is to be judged: one text, several, or the parts of one."""

    input: str | list[str] | list[TextPart | ImagePart]
    model: str = Field(default="omni-moderation-latest", max_length=200)


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


class NotJudgedError(Exception):
    """A detector could not judge an input: no answer must mean that it is safe."""


def request_schema() -> dict[str, Any]:
    """Return the JSON schema of a request with its parts written out where they are named.

    The service reads requests by hand, for their limits and its errors, so that nothing files the
    parts under the API document's components, and a reference to them would lead nowhere.
    """
    schema = ModerationRequest.model_json_schema()
    parts: dict[str, Any] = schema.pop("$defs")
    *_, content = schema["properties"]["input"]["anyOf"]
    content["items"] = {"anyOf": list(parts.values())}
    return schema


def moderation(verdicts: Sequence[Verdict]) -> Moderation:
    """Return what several texts of one input come to: the worst of each.

    An input is flagged when the policy drops it. Personal data alone does not flag it: a policy
    that redacts would have let the redacted text pass.

    Raises:
        NotJudgedError: A detector failed on one of the texts.
    """
    if any(verdict.fault is not None for verdict in verdicts):
        raise NotJudgedError
    dropped = {r for v in verdicts if v.action is Action.DROP for r in v.reasons}
    scores: dict[str, float] = {}
    for finding in (f for v in verdicts for f in v.findings):
        scores[finding.label] = max(finding.score, scores.get(finding.label, 0.0))
    return Moderation(
        flagged=bool(dropped),
        categories={name: label in dropped for name, label in CATEGORIES.items()},
        category_scores={name: scores.get(label or "", 0.0) for name, label in CATEGORIES.items()},
        category_applied_input_types={
            name: ["text"] if label in scores else [] for name, label in CATEGORIES.items()
        },
    )
