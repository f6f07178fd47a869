"""`POST /v1/decisions` through the official client."""

from __future__ import annotations

import openai
import pytest
from openai.types.decision_create_params import Question

THREAT = "I will kill you tonight."


def question(label: str) -> Question:
    """Ask for one label."""
    return {"type": "predicate", "name": label, "instructions": label}


def test_a_question_that_names_a_label_is_answered(client: openai.OpenAI) -> None:
    """Answers come in the order of the questions; a label that was not found has probability 0."""
    labels = ["toxicity.threat", "pii.email_address", "toxicity.insult"]
    decision = client.decisions.create(
        model="gemsieve", input=THREAT, questions=[question(label) for label in labels]
    )
    answers = [answer for answer in decision.answers if answer.type == "predicate"]
    assert [answer.name for answer in answers] == labels
    assert answers[0].probability > 0.5 > answers[2].probability
    assert answers[1].probability == 0
    assert decision.model.startswith("gemsieve-default-")


def test_of_a_conversation_the_worst_text_counts(client: openai.OpenAI) -> None:
    """Messages are judged one by one, parts and all."""
    decision = client.decisions.create(
        model="gemsieve",
        input=[
            {"role": "user", "content": "When does the ferry leave?"},
            {"role": "assistant", "content": [{"type": "output_text", "text": THREAT}]},
        ],
        questions=[question("toxicity.threat")],
    )
    (answer,) = decision.answers
    assert answer.type == "predicate"
    assert answer.probability > 0.5


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "predicate", "instructions": "Is this rude?"},
        {"type": "predicate", "instructions": "identity.religion.sikh"},
        {"type": "choice", "instructions": "x", "choices": [{"value": "a"}, {"value": "b"}]},
        {"type": "score", "instructions": "x", "levels": [{"label": "a"}, {"label": "b"}]},
    ],
)
def test_other_questions_are_refused_clearly(client: openai.OpenAI, asked: Question) -> None:
    """What no detector answers is a 400 that says what can be asked, before anything is judged."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.decisions.create(model="x", input=THREAT, questions=[asked])
    assert (caught.value.code, caught.value.param) == ("question_unsupported", "questions[0]")
    assert "toxicity.*" in caught.value.message


def test_an_image_is_refused(client: openai.OpenAI) -> None:
    """An image part is a 400."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.decisions.create(
            model="x",
            input=[{"role": "user", "content": [{"type": "input_image", "image_url": "data:,"}]}],
            questions=[question("toxicity.threat")],
        )
    assert caught.value.code == "image_unsupported"
