"""`POST /v1alpha1/comments:analyze` as Perspective's clients ask and read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from googleapiclient import discovery
from googleapiclient.errors import HttpError
from tests.safety.api.serving import Answer, ask

from gemsieve.filters import Batch, Filter
from gemsieve.safety.api.comments import ATTRIBUTES

COMMENT = "Fine. You are a worthless idiot and everybody hates you."


def analyze(url: str, text: str, **more: Any) -> Answer:
    """Ask as a client does: the key in the address, `alt=json` beside it."""
    body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, **more}
    return ask(f"{url}/v1alpha1/comments:analyze?key=none&alt=json", body)


def test_a_comment_is_scored(url: str, judge: Filter) -> None:
    """Each attribute has the filter's score, in sum and over the whole; the token comes back."""
    asked: dict[str, Any] = {name: {} for name in ATTRIBUTES}
    answer = analyze(
        url, COMMENT, requestedAttributes=asked, languages=["en"], doNotStore=True, clientToken="t"
    ).json
    (verdict,) = judge(Batch([COMMENT]), "output")
    scores = {f.label: f.score for f in verdict.findings if f.span is None}
    for name, label in ATTRIBUTES.items():
        score = {"value": scores[label], "type": "PROBABILITY"}
        assert answer["attributeScores"][name] == {
            "spanScores": [{"begin": 0, "end": len(COMMENT), "score": score}],
            "summaryScore": score,
        }
    assert (answer["languages"], answer["clientToken"]) == (["en"], "t")
    assert "detectedLanguages" not in answer


def test_spans_are_of_the_toxic_sentences(url: str) -> None:
    """With `spanAnnotations` the harmless sentence has no span, the other its own."""
    answer = analyze(url, COMMENT, spanAnnotations=True).json
    (span,) = answer["attributeScores"]["TOXICITY"]["spanScores"]
    assert COMMENT[span["begin"] : span["end"]] == COMMENT.removeprefix("Fine. ")
    assert answer["detectedLanguages"] == ["en"]


def test_a_threshold_leaves_lower_scores_out(url: str) -> None:
    """An attribute below its `scoreThreshold` is not in the answer."""
    asked = {"TOXICITY": {"scoreThreshold": 0.5}, "THREAT": {"scoreThreshold": 0.9}}
    answer = analyze(url, COMMENT, requestedAttributes=asked).json
    assert set(answer["attributeScores"]) == {"TOXICITY"}


@pytest.mark.parametrize(
    ("text", "more", "kind"),
    [
        ("", {}, "COMMENT_EMPTY"),
        ("a", {"requestedAttributes": {}}, "NO_REQUESTED_ATTRIBUTES"),
        ("a", {"requestedAttributes": {"FLIRTATION": {}}}, "INVALID_REQUEST"),
        ("a", {"languages": ["de"]}, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        ("Das Schiff fährt um neun ab.", {}, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        ("a", {"comment": {"text": "<b>a</b>", "type": "HTML"}}, "INVALID_REQUEST"),
        ("a", {"unknown": 1}, "INVALID_REQUEST"),
    ],
)
def test_errors_have_the_shape_that_clients_look_into(
    url: str, text: str, more: dict[str, Any], kind: str
) -> None:
    """`error.details[0].errorType` says which of Perspective's errors it is."""
    answer = analyze(url, text, **more)
    error = answer.json["error"]
    assert answer.status == error["code"] == 400
    assert error["status"] == "INVALID_ARGUMENT"
    assert error["details"][0]["errorType"] == kind
    about = error["details"][0].get("languageNotSupportedByAttributeError")
    assert (about is not None) == (kind == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE")


def test_all_errors_under_the_path_have_that_shape(url: str) -> None:
    """A path that is not there, a wrong method and no JSON, too."""
    asked: list[tuple[str, object, str]] = [
        ("comments:suggestscore", {}, "NOT_FOUND"),
        ("comments:analyze", None, "INVALID_ARGUMENT"),
        ("comments:analyze", b"{", "INVALID_ARGUMENT"),
    ]
    for path, body, status in asked:
        assert ask(f"{url}/v1alpha1/{path}", body).json["error"]["status"] == status


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    """Google's own library, told where to ask and nothing else, as Perspective's clients use it."""
    place = f"{url}/$discovery/rest?version=v1alpha1"
    with discovery.build(
        "commentanalyzer",
        "v1alpha1",
        developerKey="none",
        discoveryServiceUrl=place,
        static_discovery=False,
    ) as client:
        yield client


def test_googles_library_gets_scores(client: Any, url: str) -> None:
    """It learns the method from this server, and reads what the server answers anybody."""
    body = {"comment": {"text": COMMENT}, "requestedAttributes": {"TOXICITY": {}}}
    found = client.comments().analyze(body={**body, "doNotStore": True}).execute()
    assert found == analyze(url, COMMENT).json
    assert found["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.9


def test_the_description_names_all_fields(url: str) -> None:
    """Generated clients know those that are sent and those that come."""
    told = ask(f"{url}/$discovery/rest?version=v1alpha1").json
    method = told["resources"]["comments"]["methods"]["analyze"]
    fields = [told["schemas"][method[way]["$ref"]]["properties"] for way in ("request", "response")]
    assert fields[0].keys() >= {"comment", "requestedAttributes", "doNotStore"}
    assert fields[1].keys() >= analyze(url, COMMENT, doNotStore=True).json.keys()


def test_googles_library_reads_errors(client: Any) -> None:
    """Its exception has the status, the words and Perspective's kind of error."""
    body = {"comment": {"text": ""}, "requestedAttributes": {"TOXICITY": {}}}
    with pytest.raises(HttpError) as caught:
        client.comments().analyze(body=body).execute()
    assert (caught.value.status_code, caught.value.reason) == (400, "Comment must be non-empty.")
    assert caught.value.error_details[0]["errorType"] == "COMMENT_EMPTY"
