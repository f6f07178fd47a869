"""`POST /v1/decisions` through the official client."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest
from openai.types.decision_create_params import InputUnionMember1, Question
from tests.model.tiny_shield import write
from tests.safety.api.serving import serving, until_ready

from gemsieve.filters import Batch, load_filter
from gemsieve.model.shield import ShieldDetector
from gemsieve.safety.api import create_app
from gemsieve.safety.api.decisions import MOST_ANSWERS

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


def test_a_model_answers_any_question(tmp_path: Path) -> None:
    """Where the policy has such a model, it answers what is no label; of two texts the higher."""
    folder = write(tmp_path)
    model, asked = str(folder / "model"), str(folder / "short.toml")
    (folder / "policy.toml").write_text(
        f'name = "asked"\n[detectors.shield]\nmodel = "{model}"\nguidelines = "{asked}"\n'
        '[[output]]\nlabels = "shield.*"\nabove = 0.99\naction = "drop"\n'
    )
    detector, texts = ShieldDetector(model, asked), ["small stones", "the river"]
    about = ["mills", "shield.stones", "fields"]
    answers = [detector.answer([about[0], about[2]], text) for text in texts]
    with serving(create_app(load_filter(folder / "policy.toml"))) as (url, _):
        until_ready(url)
        with openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as client:
            parts: list[InputUnionMember1] = [{"role": "user", "content": text} for text in texts]
            questions = [question(one) for one in about]
            decision = client.decisions.create(model="x", input=parts, questions=questions)
            many = [question(f"{i}?") for i in range(MOST_ANSWERS // 2 + 1)]
            with pytest.raises(openai.BadRequestError) as caught:
                client.decisions.create(model="x", input=parts, questions=many)
    found = [one.probability for one in decision.answers if one.type == "predicate"]
    stones = [
        finding.score
        for some in detector(Batch(texts))
        for finding in some
        if finding.label == "shield.stones"
    ]
    mills, fields = (max(some) for some in zip(*answers, strict=True))
    assert found == [mills, max(stones), fields]
    assert caught.value.code == "too_many_questions"
