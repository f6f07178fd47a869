"""`POST /v1/decisions` through the official client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai.types.decision_create_params import InputUnionMember1, Question
from tests.model.tiny_shield import write
from tests.safety.api.serving import serving, until_ready
from tests.safety.audit_log.conftest import KEY

from gemsieve.filters import Batch, load_filter
from gemsieve.model.shield import ShieldDetector
from gemsieve.safety.api import create_app
from gemsieve.safety.api.decisions import MOST_ANSWERS
from gemsieve.safety.audit_log import AuditLog, Entries, Segments, Wanted, digest, search

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


def test_what_a_conversation_says_in_parts_is_found(client: openai.OpenAI) -> None:
    """An address that two messages of one speaker share has its probability."""
    said = [("user", "Write to jane.doe@exam"), ("assistant", "Yes?"), ("user", "ple.com today.")]
    decision = client.decisions.create(
        model="gemsieve",
        input=[{"role": role, "content": text} for role, text in said],  # type: ignore[misc]
        questions=[question("pii.email_address")],
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that can be asked anything, and a policy that names it."""
    folder = write(tmp_path_factory.mktemp("asked"))
    (folder / "policy.toml").write_text(
        f'name = "asked"\n[detectors.shield]\nmodel = "{folder / "model"}"\n'
        f'guidelines = "{folder / "short.toml"}"\n'
        '[[output]]\nlabels = "shield.*"\nabove = 0.99\naction = "drop"\n'
    )
    return folder


@pytest.fixture(scope="module")
def asked(folder: Path) -> Iterator[openai.OpenAI]:
    """The client of a server that has it, and keeps a log."""
    entries = Entries(KEY, "")
    with (
        AuditLog(Segments(folder / "log"), folder / "heads", KEY, entries) as log,
        serving(create_app(load_filter(folder / "policy.toml"), recorders=[log])) as (url, _),
        openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as client,
    ):
        until_ready(url)
        yield client


def test_a_model_answers_any_question(asked: openai.OpenAI, folder: Path) -> None:
    """Where the policy has such a model, it answers what is no label; of two texts the higher.

    What is a label is asked of the two together as well.
    """
    detector = ShieldDetector(str(folder / "model"), str(folder / "short.toml"))
    texts, about = ["small stones", "the river"], ["mills", "shield.stones", "fields"]
    answers = [detector.answer([about[0], about[2]], text) for text in texts]
    parts: list[InputUnionMember1] = [{"role": "user", "content": text} for text in texts]
    questions = [question(one) for one in about]
    decision = asked.decisions.create(model="x", input=parts, questions=questions)
    many = [question(f"{i}?") for i in range(MOST_ANSWERS // 2 + 1)]
    with pytest.raises(openai.BadRequestError) as caught:
        asked.decisions.create(model="x", input=parts, questions=many)
    found = [one.probability for one in decision.answers if one.type == "predicate"]
    stones = [
        finding.score
        for some in detector(Batch([*texts, " ".join(texts), "".join(texts)]))
        for finding in some
        if finding.label == "shield.stones"
    ]
    mills, fields = (max(some) for some in zip(*answers, strict=True))
    assert found == [mills, max(stones), fields]
    assert caught.value.code == "too_many_questions"


def test_a_label_that_is_misspelt_is_no_question_for_a_model(asked: openai.OpenAI) -> None:
    """It looks like one of the policy's, and is none: a 400 that says which there are."""
    with pytest.raises(openai.BadRequestError, match=r"shield\.\*") as caught:
        asked.decisions.create(model="x", input="a", questions=[question("shield.stone")])
    assert caught.value.code == "question_unsupported"


def test_what_a_model_was_asked_is_recorded_in_no_words(asked: openai.OpenAI, folder: Path) -> None:
    """A record for each question about each text, with its answer, beside that of the verdict."""
    before = len([*search(Segments(folder / "log"), Wanted())])
    decision = asked.decisions.create(
        model="x", input="the river", questions=[question("mills"), question("fields")]
    )
    lines = [*search(Segments(folder / "log"), Wanted(digest=digest(KEY, "the river")))][-3:]
    assert len([*search(Segments(folder / "log"), Wanted())]) == before + 3
    *answers, verdict = map(json.loads, lines)
    assert [one["question"] for one in answers] == [digest(KEY, "mills"), digest(KEY, "fields")]
    found = [one.probability for one in decision.answers if one.type == "predicate"]
    assert [one["probability"] for one in answers] == found
    assert {one["request"] for one in answers} == {verdict["request"]}
    assert verdict["use"] == "output"
    assert not any("mills" in line or "river" in line for line in lines)


@pytest.mark.parametrize(("text", "about"), [("the river", "mills " * 1000), ("Ж" * 1999, "?")])
def test_what_a_model_cannot_read_is_refused(asked: openai.OpenAI, text: str, about: str) -> None:
    """A question, or a text, of more tokens than the model reads is a 400 that says so."""
    with pytest.raises(openai.BadRequestError) as caught:
        asked.decisions.create(
            model="x", input=text, questions=[question("mills"), question(about)]
        )
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "questions")
