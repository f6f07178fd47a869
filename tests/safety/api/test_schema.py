"""The OpenAPI document is whole, true, and tried by schemathesis."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.safety.api.serving import ask

from gemsieve.filters import Filter
from gemsieve.safety.api import create_app


@pytest.fixture(scope="module")
def document(judge: Filter) -> dict[str, Any]:
    """The document."""
    return create_app(judge).openapi()


def test_the_document_is_whole(document: dict[str, Any]) -> None:
    """Every reference in it leads somewhere."""
    references = re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))
    assert references
    for reference in references:
        place = document
        for key in reference.split("/"):
            place = place[key]


def test_every_endpoint_that_takes_a_body_has_examples_that_it_answers(
    url: str, document: dict[str, Any]
) -> None:
    """Each POST shows at least one request, and each of those works."""
    posts = {path: item["post"] for path, item in document["paths"].items() if "post" in item}
    assert posts
    for path, post in posts.items():
        examples = post["requestBody"]["content"]["application/json"]["examples"]
        assert examples
        for example in examples.values():
            assert ask(url + path, example["value"]).status == 200


def test_no_path_answers_422_or_says_detail(document: dict[str, Any]) -> None:
    """What FastAPI says by itself is nowhere: errors have the service's shape."""
    assert "HTTPValidationError" not in json.dumps(document)
    for item in document["paths"].values():
        for operation in item.values():
            assert {"4XX", "5XX"} <= set(operation["responses"])
            assert "422" not in operation["responses"]


def test_schemathesis_finds_nothing(url: str, document: dict[str, Any]) -> None:
    """Generated requests, good and bad, get answers that the document allows, and no failure."""
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=url)
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        cases = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        if operation.body:
            cases |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        attempt(cases)


def attempt(cases: SearchStrategy[schemathesis.Case[Any]]) -> None:
    """Send some cases of one operation and check each answer."""

    @settings(max_examples=8, database=None, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def sent(case: schemathesis.Case[Any]) -> None:
        # What the schema allows may still be refused: an image, a question that nothing answers.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    sent()
