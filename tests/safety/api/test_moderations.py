"""`POST /v1/moderations` through the official client."""

from __future__ import annotations

import asyncio

import openai
import pytest
from openai.types import ModerationImageURLInputParam, ModerationTextInputParam

from gemsieve.safety.api.moderations import CATEGORIES

HARMLESS = "The ferry leaves at nine from the old pier."
HARASSING = "You are a worthless idiot and everybody hates you."
THREAT = "I will kill you tonight."


def test_a_text_is_judged(client: openai.OpenAI) -> None:
    """An insult is flagged as harassment and a plain sentence is not."""
    answer = client.moderations.create(input=HARASSING, model="omni-moderation-latest")
    result = answer.results[0]
    assert result.flagged
    assert result.categories.harassment
    assert result.category_scores.harassment > 0.5
    assert result.category_applied_input_types.harassment == ["text"]
    assert answer.model.startswith("gemsieve-default-")
    calm = client.moderations.create(input=HARMLESS).results[0]
    assert not calm.flagged
    assert calm.category_scores.harassment < 0.5


def test_a_kind_is_told_of_what_is_flagged(client: openai.OpenAI) -> None:
    """A threat is flagged as threatening harassment, which a mere insult is not."""
    threat, insult = client.moderations.create(input=[THREAT, HARASSING]).results
    assert threat.categories.harassment
    assert threat.categories.harassment_threatening
    assert not insult.categories.harassment_threatening
    assert threat.category_applied_input_types.hate == ["text"]


def test_what_no_detector_computes_is_false_zero_and_applied_to_nothing(
    client: openai.OpenAI,
) -> None:
    """All of OpenAI's categories are there; those without a detector are never approximated."""
    result = client.moderations.create(input=THREAT).results[0]
    categories = result.categories.model_dump(by_alias=True)
    scores = result.category_scores.model_dump(by_alias=True)
    applied = result.category_applied_input_types.model_dump(by_alias=True)
    assert set(categories) == set(scores) == set(applied) == set(CATEGORIES)
    for name, label in CATEGORIES.items():
        if label is None:
            assert (categories[name], scores[name], applied[name]) == (False, 0.0, [])


def test_results_are_in_the_order_of_the_inputs(client: openai.OpenAI) -> None:
    """An array has a result for each text; the parts of a content array have one together."""
    many = client.moderations.create(input=[HARMLESS, HARASSING, ""])
    assert [result.flagged for result in many.results] == [False, True, False]
    content: list[ModerationTextInputParam] = [
        {"type": "text", "text": HARMLESS},
        {"type": "text", "text": HARASSING},
    ]
    parts = client.moderations.create(input=content)
    assert [result.flagged for result in parts.results] == [True]


def test_personal_data_alone_is_not_flagged(client: openai.OpenAI) -> None:
    """The shipped policy redacts an address, and what may pass redacted is not flagged."""
    result = client.moderations.create(input="Write to jane.doe@example.com, please.").results[0]
    assert not result.flagged


def test_what_is_spread_over_parts_is_flagged(client: openai.OpenAI) -> None:
    """The parts of one input are judged where they meet; texts of their own are not."""
    halves = ["You are so st", "upid."]
    parts: list[ModerationTextInputParam] = [{"type": "text", "text": half} for half in halves]
    assert [r.flagged for r in client.moderations.create(input=parts).results] == [True]
    assert [r.flagged for r in client.moderations.create(input=halves).results] == [False] * 2


def test_an_image_is_refused_clearly(client: openai.OpenAI) -> None:
    """An image part is a 400 that names the parameter."""
    image: ModerationImageURLInputParam = {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64,AAAA"},
    }
    with pytest.raises(openai.BadRequestError) as caught:
        client.moderations.create(input=[image])
    assert (caught.value.param, caught.value.code) == ("input", "image_unsupported")


def test_many_asynchronous_clients_each_get_their_own(url: str) -> None:
    """A hundred requests at once, judged in shared batches, are answered each for itself."""

    async def ask_all() -> list[bool]:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0) as client:
            asked = [
                client.moderations.create(input=HARASSING if i % 3 == 0 else f"{HARMLESS} {i}")
                for i in range(100)
            ]
            return [answer.results[0].flagged for answer in await asyncio.gather(*asked)]

    assert asyncio.run(ask_all()) == [i % 3 == 0 for i in range(100)]


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    """OpenAI's name for moderation is known, and the policy's own; another is not."""
    names = [model.id for model in client.models.list()]
    assert names[0] == "omni-moderation-latest"
    assert client.models.retrieve(names[1]).id == client.moderations.create(input="").model
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("none")
    assert caught.value.code == "model_not_found"
