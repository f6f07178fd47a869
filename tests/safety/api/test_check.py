"""`POST /v1/check` and `/v1/redact` say what the filter says, in this process or over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.safety.api.serving import ask, serving, until_ready

from gemsieve.filters import Batch, Detector, Filter
from gemsieve.filters.policy import USES, Use
from gemsieve.safety.api import create_app

TEXTS = [
    "The ferry leaves at nine from the old pier.",
    "Write to jane.doe@example.com or call +1 212 555 0199, 𝒿ane.",
    "You are a worthless idiot and everybody hates you.",
    "",
]


@pytest.mark.parametrize("use", USES)
def test_a_check_is_what_the_filter_says(url: str, judge: Filter, use: Use) -> None:
    """Action, reasons and findings with their places are the filter's own, for every use."""
    answer = ask(f"{url}/v1/check", {"input": TEXTS, "use": use}).json
    assert answer["policy"] == {"name": "default", "sha256": judge.policy.sha256}
    for result, verdict in zip(answer["results"], judge(Batch(TEXTS), use), strict=True):
        assert result["action"] == verdict.action.name.lower()
        assert (result["reasons"], result["flags"]) == ([*verdict.reasons], [*verdict.flags])
        told = [(f["label"], f["score"], f["start"], f["end"]) for f in result["findings"]]
        kept = [f for f in verdict.findings if not f.label.startswith(("identity.", "dialect."))]
        assert told == [(f.label, f.score, *(f.span or (None, None))) for f in kept]


def test_a_redacted_text_is_what_the_filter_writes(url: str, judge: Filter) -> None:
    """A text that is dropped has none; what was written over is told with its place."""
    answer = ask(f"{url}/v1/redact", {"input": TEXTS}).json
    verdicts = judge(Batch(TEXTS), "output")
    assert [r["text"] for r in answer["results"]] == [v.redacted for v in verdicts]
    assert [len(r["redactions"]) for r in answer["results"]] == [0, 2, 0, 0]


@pytest.mark.parametrize("use", ["output", "corpus"])
def test_whom_a_text_mentions_is_told_on_request_only(url: str, use: str) -> None:
    """Identity findings come with `identity`, whether the policy has rules about them or not."""
    body = {"input": "Who are the Sikhs?", "use": use}
    for asked in (False, True):
        (result,) = ask(f"{url}/v1/check", {**body, "identity": asked}).json["results"]
        labels = [f["label"] for f in result["findings"]]
        assert ("identity.religion.sikh" in labels) == asked
        assert labels.count("identity.religion.sikh") <= 1
        assert not any(label.startswith("dialect.") for label in labels)


def test_whom_a_text_mentions_is_told_by_no_reason_or_flag(
    make_filter: Callable[..., Filter], regexes: Callable[..., Detector]
) -> None:
    """A policy may act for it; the answers say what was done, and not for whom."""
    rules = [{"labels": "identity.group", "action": "flag"}]
    rules += [{"labels": "identity.other", "action": "redact"}]
    who = regexes("who", {"identity.group": "them", "identity.other": "those"})
    with serving(create_app(make_filter(rules, who, uses=("output",)))) as (url, _):
        until_ready(url)
        answers = [
            ask(f"{url}/v1/{path}", {"input": "them, those"}) for path in ("check", "redact")
        ]
    for answer in answers:
        (result,) = answer.json["results"]
        assert (result["action"], result["reasons"]) == ("redact", [])
    assert answers[0].json["results"][0]["flags"] == []


def test_every_answer_names_the_policy(url: str, judge: Filter) -> None:
    """In a header, whatever shape the client knows, errors too."""
    for path, body in (("check", {"input": "a"}), ("check", {}), ("models", None), ("no", None)):
        headers = ask(f"{url}/v1/{path}", body).headers
        assert headers["x-gemsieve-policy"] == judge.policy.sha256


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"input": "a", "usee": "prompt"}, None, "unknown_parameter"),
        ({"input": "a", "use": "training"}, "use", "invalid_type"),
        ({"input": ["a", 5]}, "input[1]", "invalid_type"),
        ({"input": []}, "input", "empty_array"),
        ({"use": "prompt"}, "input", "missing_required_parameter"),
        ({"input": "a", "identity": "yes"}, "identity", "invalid_type"),
        ({"input": "a", "prompt": 1}, "prompt", "invalid_type"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    url: str, body: object, param: str | None, code: str
) -> None:
    """An error names the field and what it should be, and nothing that the client wrote."""
    answer = ask(f"{url}/v1/check", body)
    assert (answer.status, answer.code, answer.json["error"]["param"]) == (400, code, param)
    assert b"usee" not in answer.body
    assert b"training" not in answer.body
