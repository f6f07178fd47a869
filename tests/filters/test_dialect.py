"""Dialect features: what counts, what looks like it and does not, and that spans hold."""

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.counting import calls

from gemsieve.filters import Batch
from gemsieve.filters.dialect import LONGEST, DialectDetector
from gemsieve.filters.dialect_table import feature_table


def found(text: str) -> list[str]:
    """Return feature and matched words of each finding in a text."""
    (findings,) = DialectDetector()(Batch([text]))
    return [
        f"{f.label.removeprefix('dialect.aae.')}:{text[slice(*f.span)]}" for f in findings if f.span
    ]


FOUND = [
    ("He be working late.", "habitual_be:He be working"),
    ("they always be talkin’ loud", "habitual_be:they always be talkin’"),
    ("they be always blowin’ up", "habitual_be:they be always blowin’"),
    ("She been knew that.", "remote_been:She been knew"),
    ("I done told you.", "completive_done:I done told"),
    ("they be done left by noon", "be_done:they be done left"),
    ("He steady calling her.", "steady:He steady calling"),
    ("she stay lying", "stay:she stay lying"),
    ("I'm finna eat.", "finna:finna eat"),
    ("you gon' see", "gon:gon' see"),
    ("ion even know", "ion:ion even know"),
    ("talmbout his car", "talmbout:talmbout"),
    ("my cousin an nem", "associative:an nem"),
    ("Can’t nobody stop us.", "negative_inversion:Can’t nobody stop"),
    ("We don’t want nothing.", "negative_concord:don’t want nothing"),
    ("I didnt see nobody", "negative_concord:didnt see nobody"),
    ("She ain't know that.", "aint:ain't know"),
    ("They\nrunning late", "zero_copula:They\nrunning"),
    ("she so tired", "zero_copula:she so tired"),
    ("He want more.", "third_person:He want"),
    ("at they mama house", "they_possessive:they mama"),
]
NOTHING = [
    "Will he be working? They may, should he be working.",
    "I recommend that he be working, lest they be sleeping.",
    "If it be raining, be going.",
    "Had she been told? He has been ready.",
    "Have you done finished work? What we have done helped.",
    "a steady rising tide, steady going",
    "an ion exchange, the ion beam, an ion of sodium",
    "Was he running? Are they coming? Isn't she tired?",
    "They bring food; he being old, they having left",
    "Does he know? Let him go. Should she want it.",
    "It ain't over. We ain't got time.",
    "No doubt; I don't know, no matter. It isn't there no.",
    "I can't say. Nobody stays.",
    "Y'all come back.",
    "the being, theyrunning, a dragon be",
    "",
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_features_are_found_with_their_span(text: str, expected: str) -> None:
    """Each feature is found where it stands, apostrophes of any shape or none."""
    assert found(text) == [expected]


@pytest.mark.parametrize("text", NOTHING)
def test_what_looks_like_a_feature_is_none(text: str) -> None:
    """Questions, subjunctives, other senses and the grammar of edited prose are not counted."""
    assert found(text) == []


def test_every_feature_has_a_case_a_score_and_a_source() -> None:
    """No feature is without an example here; scores say how distinctive it is."""
    cases = {expected.split(":")[0] for _, expected in FOUND}
    assert {f.label for f in feature_table().features} == {f"dialect.aae.{case}" for case in cases}
    assert {f.score for f in feature_table().features} == {0.5, 1.0}


PIECES = [piece for text, _ in FOUND for piece in text.split()]
TEXTS = st.lists(
    st.sampled_from([*PIECES, "will", "İ", "\ud800", "\0", "'", "’", "\u00a0", "\u2003"])
    | st.characters()
).map(" ".join)


@settings(max_examples=200)
@given(TEXTS)
def test_the_scanner_loses_nothing(text: str) -> None:
    """For any text, what the detector finds is what each pattern finds in the whole of it."""
    (findings,) = DialectDetector()(Batch([text]))
    whole = set()
    for feature in feature_table().features:
        for match in feature.pattern.finditer(text):
            before = re.search(r"([\w'’‘ʼ]+)\s{1,3}$", text[: match.start()])
            word = re.sub("['’‘ʼ]", "", before[1].lower()) if before else ""
            if word not in feature.after:
                whole.add((feature.label, match.span()))
    assert {(f.label, f.span) for f in findings} == whole
    assert all(f.span and f.span[1] - f.span[0] < LONGEST for f in findings)


@pytest.mark.parametrize("unit", ["he be ", "they running ", "she so ", "ain't the the ", "x"])
def test_hostile_texts_cost_in_proportion(unit: str) -> None:
    """A text four times as long takes at most some four times the calls."""
    detector = DialectDetector()
    detector.setup()
    small, large = (Batch([unit * (size // len(unit))]) for size in (20_000, 80_000))
    assert calls(lambda: detector(large)) <= 5 * calls(lambda: detector(small))


def test_reading_labels_loads_no_library() -> None:
    """A policy can be checked without the scanner."""
    code = (
        "import sys; from gemsieve.filters.dialect import DialectDetector as D;"
        "assert len(D().labels.events) > 15 and len(D().weights) == 64;"
        "assert not {'hyperscan', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
