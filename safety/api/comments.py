"""`POST /v1alpha1/comments:analyze`, as clients of the Perspective API know it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gemsieve.filters import Verdict
from gemsieve.safety.api.caller import Asking
from gemsieve.safety.api.errors import ApiError, GoogleErrorBody
from gemsieve.safety.api.route import router
from gemsieve.safety.api.service import Judge

# Perspective's attributes, and the label whose probability each one shows. Its others are refused:
# what no detector computes is never approximated.
ATTRIBUTES = {
    "TOXICITY": "toxicity.toxicity",
    "INSULT": "toxicity.insult",
    "THREAT": "toxicity.threat",
    "IDENTITY_ATTACK": "toxicity.identity_attack",
    "PROFANITY": "toxicity.profanity",
}
SENTENCE = "toxicity.sentence"
LANGUAGE = "en"  # the toxicity model's

comments = router(scope="judge", error=GoogleErrorBody)


REQUEST = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)
ANSWER = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Text(BaseModel):
    """A comment."""

    model_config = REQUEST
    text: str = ""
    type: Literal["PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"] = "PLAIN_TEXT"


class Asked(BaseModel):
    """How an attribute is wanted."""

    model_config = REQUEST
    score_type: Literal["PROBABILITY", "SCORE_TYPE_UNSPECIFIED"] = "PROBABILITY"
    score_threshold: float = Field(default=0.0, ge=0, le=1)


class AnalyzeRequest(BaseModel):
    """Perspective's AnalyzeCommentRequest; `context` and the two ids change nothing."""

    model_config = REQUEST
    comment: Text
    requested_attributes: dict[str, Asked] = Field(default_factory=dict)
    languages: Annotated[list[str], Field(max_length=100)] = Field(default_factory=list)
    do_not_store: bool = False
    client_token: str | None = None
    session_id: str | None = None
    community_id: str | None = None
    span_annotations: bool = False
    context: dict[str, Any] | None = None


class Score(BaseModel):
    """A probability."""

    value: float
    type: Literal["PROBABILITY"] = "PROBABILITY"


class SpanScore(BaseModel):
    """The score of a part of the comment; offsets in code points."""

    begin: int
    end: int
    score: Score


class AttributeScores(BaseModel):
    """The scores of one attribute."""

    model_config = ANSWER
    span_scores: list[SpanScore]
    summary_score: Score


class AnalyzeResponse(BaseModel):
    """Perspective's AnalyzeCommentResponse."""

    model_config = ANSWER
    attribute_scores: dict[str, AttributeScores]
    languages: list[str]
    detected_languages: list[str] | None = None
    client_token: str | None = None


EXAMPLES: dict[str, Any] = {
    "toxicity": {
        "summary": "How toxic a comment is",
        "value": {
            "comment": {"text": "The ferry leaves at nine."},
            "requestedAttributes": {"TOXICITY": {}},
            "languages": ["en"],
            "doNotStore": True,
        },
    }
}


@comments.post("/v1alpha1/comments:analyze", response_model_exclude_none=True)
async def analyze(
    request: Annotated[AnalyzeRequest, Body(openapi_examples=EXAMPLES)],
    service: Judge,
    caller: Asking,
) -> AnalyzeResponse:
    """Score a comment; nothing is stored, whatever `doNotStore` says."""
    asked = wanted(request)
    text = request.comment.text
    detected = [] if request.languages else [await service.language(text)]
    known = [name for name in request.languages or detected if english(name)]
    if not known:
        raise foreign(next(iter(asked)), detected)
    (verdict,) = await service.judge(caller, "output", [text])
    scores = {
        name: scored(verdict, name, len(text), spans=request.span_annotations) for name in asked
    }
    return AnalyzeResponse(
        attribute_scores={
            name: score
            for name, score in scores.items()
            if score.summary_score.value >= asked[name].score_threshold
        },
        languages=known,
        detected_languages=detected or None,
        client_token=request.client_token,
    )


def wanted(request: AnalyzeRequest) -> dict[str, Asked]:
    """Return the attributes asked for, as Perspective checks them.

    Raises:
        ApiError: None, one that no detector computes, or no comment (400).
    """
    if not request.comment.text:
        raise ApiError(400, "Comment must be non-empty.", "comment_empty")
    if not request.requested_attributes:
        raise ApiError(400, "No requested attributes were given.", "no_requested_attributes")
    if not request.requested_attributes.keys() <= ATTRIBUTES.keys():
        message = f"An attribute is not one of {', '.join(ATTRIBUTES)}."
        raise ApiError(400, message, "invalid_request")
    return request.requested_attributes


def english(language: str) -> bool:
    """Say whether a language tag (ISO 639-1 or BCP 47) is one that the model was made for."""
    return language.lower().split("-")[0] == LANGUAGE


def foreign(attribute: str, detected: list[str]) -> ApiError:
    """Return the error of a comment in another language."""
    error = ApiError(
        400,
        f"Attribute {attribute} does not support request languages.",
        "language_not_supported_by_attribute",
    )
    about = {"detectedLanguages": detected, "attribute": attribute}
    error.about = {"languageNotSupportedByAttributeError": about}
    return error


def scored(verdict: Verdict, attribute: str, length: int, *, spans: bool) -> AttributeScores:
    """Return an attribute's scores; for TOXICITY, if asked for, of each toxic sentence."""
    summary = max(
        (f.score for f in verdict.findings if f.label == ATTRIBUTES[attribute]), default=0
    )
    parts = [(0, length, summary)]
    if spans and attribute == "TOXICITY":
        sentences = [(*f.span, f.score) for f in verdict.findings if f.label == SENTENCE and f.span]
        parts = sentences or parts
    return AttributeScores(
        span_scores=[
            SpanScore(begin=begin, end=end, score=Score(value=score)) for begin, end, score in parts
        ],
        summary_score=Score(value=summary),
    )
