"""`POST /v1/decisions`, as OpenAI's clients know it: labels, and what a model can be asked."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field

from gemsieve.safety.api.caller import Asking
from gemsieve.safety.api.errors import ApiError
from gemsieve.safety.api.limits import MAX_INPUTS
from gemsieve.safety.api.moderations import highest
from gemsieve.safety.api.route import router
from gemsieve.safety.api.service import Judge, Service
from gemsieve.safety.prompts import looks

decisions = router(scope="judge")

# Questions that a model answers about texts in one request; each has it read on.
MOST_ANSWERS = 64


class TextPart(BaseModel):
    """A part of a message that is text."""

    model_config = ConfigDict(strict=True)
    type: Literal["input_text", "output_text"]
    text: str


class ImagePart(BaseModel):
    """A part that is an image; understood in order to be refused."""

    model_config = ConfigDict(strict=True)
    type: Literal["input_image"]


Part = Annotated[TextPart | ImagePart, Field(discriminator="type")]
Parts = Annotated[list[Part], Field(min_length=1, max_length=MAX_INPUTS)]


class Message(BaseModel):
    """One message of a conversation."""

    model_config = ConfigDict(strict=True)
    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "developer", "system"]
    content: str | Parts


class Predicate(BaseModel):
    """A question: how likely is it that the input is what a label says?"""

    model_config = ConfigDict(strict=True)
    type: Literal["predicate"]
    instructions: str = Field(
        description="A label of the policy, such as `toxicity.threat`; or any question, where the "
        "policy has a model for it."
    )
    name: str | None = None


class OtherQuestion(BaseModel):
    """A question of another type; understood in order to be refused."""

    model_config = ConfigDict(strict=True)
    type: Literal["choice", "score"]


Question = Annotated[Predicate | OtherQuestion, Field(discriminator="type")]
Messages = Annotated[list[Message], Field(min_length=1, max_length=MAX_INPUTS)]


class DecisionRequest(BaseModel):
    """What is asked about what."""

    model_config = ConfigDict(strict=True)
    input: str | Messages
    model: str = Field(max_length=200)
    questions: Annotated[list[Question], Field(min_length=1, max_length=400)]


class PredicateAnswer(BaseModel):
    """How likely it is."""

    type: Literal["predicate"] = "predicate"
    name: str | None
    probability: float


class InputDetails(BaseModel):
    """Of tokens read."""

    cache_write_tokens: int = 0
    cached_tokens: int = 0


class OutputDetails(BaseModel):
    """Of tokens written."""

    reasoning_tokens: int = 0


class Usage(BaseModel):
    """No tokens: most detectors read characters, and none is paid for."""

    input_tokens: int = 0
    input_tokens_details: InputDetails = InputDetails()
    output_tokens: int = 0
    output_tokens_details: OutputDetails = OutputDetails()
    total_tokens: int = 0


class DecisionResponse(BaseModel):
    """The answers, in the order of the questions; `model` names the policy that judged."""

    answers: list[PredicateAnswer]
    model: str
    usage: Usage = Usage()


EXAMPLES: dict[str, Any] = {
    "threat": {
        "summary": "Two labels of one text",
        "value": {
            "model": "gemsieve",
            "input": "The ferry leaves at nine.",
            "questions": [
                {"type": "predicate", "name": "threat", "instructions": "toxicity.threat"},
                {"type": "predicate", "name": "mail", "instructions": "pii.email_address"},
            ],
        },
    }
}


@decisions.post("/v1/decisions")
async def decide(
    request: Annotated[DecisionRequest, Body(openapi_examples=EXAMPLES)],
    service: Judge,
    caller: Asking,
) -> DecisionResponse:
    """Answer how likely what each question says is: the highest of texts, alone and together."""
    given = texts(request)
    alone = [text for _, text in given]
    asked = [predicate(question, i, service) for i, question in enumerate(request.questions)]
    free = [one.instructions for one in asked if named(one) not in service.probabilities]
    if len(free) * len(alone) > MOST_ANSWERS:
        message = f"a model answers at most {MOST_ANSWERS} questions, of all texts together"
        raise ApiError(400, message, "too_many_questions", "questions")
    found: dict[str, float] = {}
    if free:
        found = dict(zip(free, await service.answers(caller, alone, free), strict=True))
    together = [look.text for look in looks(alone, [speaker for speaker, _ in given])]
    verdicts = await service.judge(caller, "output", [*alone, *together])
    scores = highest(verdicts)
    answers = [
        PredicateAnswer(
            name=one.name,
            probability=found.get(one.instructions, scores.get(named(one), 0.0)),
        )
        for one in asked
    ]
    return DecisionResponse(answers=answers, model=service.model)


def predicate(question: Predicate | OtherQuestion, number: int, service: Service) -> Predicate:
    """Return a question that can be answered.

    Raises:
        ApiError: It names no label of the policy's, and no model answers others (400).
    """
    known = service.probabilities
    free = service.answering is not None
    kinds = {name.split(".")[0] for name in known}
    if isinstance(question, Predicate):
        # A label that is misspelt is no question for a model.
        label = re.fullmatch(r"(\w+)\.[\w.]+", named(question))
        if named(question) in known or (free and not (label and label[1] in kinds)):
            return question
    families = ", ".join(f"{kind}.*" for kind in sorted(kinds))
    message = (
        "ask a predicate" if free else "no model for free questions is loaded: ask a predicate"
    )
    message += (
        f" whose instructions are a label by which the policy judges outputs, of {families}"
        f"{', or any question' if free else ''}"
    )
    raise ApiError(400, message, "question_unsupported", f"questions[{number}]")


def named(question: Predicate) -> str:
    """Return the label that a question names, if it names one."""
    return question.instructions.strip()


def texts(request: DecisionRequest) -> list[tuple[str, str]]:
    """Return the texts of an input, each after its speaker.

    Raises:
        ApiError: There is an image among them (400).
    """
    if isinstance(request.input, str):
        return [("user", request.input)]
    found: list[tuple[str, str]] = []
    for message in request.input:
        parts = message.content
        for part in [parts] if isinstance(parts, str) else parts:
            if isinstance(part, ImagePart):
                text = "images cannot be judged; send text"
                raise ApiError(400, text, "image_unsupported", "input")
            found.append((message.role, part if isinstance(part, str) else part.text))
    return found
