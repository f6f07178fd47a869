"""Texts in pieces: nothing is lost, nothing masked leaks, nothing hides; places are the cuts'."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters.finding import Finding, Span
from gemsieve.filters.redact import redact
from gemsieve.pipeline.inspector.pieces import pieces
from gemsieve.pipeline.inspector.places import hidden

SIGNS = st.sampled_from([*"ab \n\t\u202e\u200b\x00é😀<\u00a0", "<KIND0>", "<KIND1>"])
LETTERS = st.lists(SIGNS, max_size=40).map("".join)


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, dict[int, Span]]:
    """Draw a text and places in it, which may overlap."""
    text = draw(LETTERS.filter(bool))
    edge = st.integers(0, len(text))
    spans = draw(
        st.lists(st.tuples(edge, edge).map(sorted).filter(lambda s: s[0] < s[1]), max_size=6)
    )
    return text, {i: (start, end) for i, (start, end) in enumerate(spans)}


def letters(part: dict[str, Any], text: str) -> str:
    """Return what a piece stands for; of a mask, what it covers."""
    if "sign" in part:
        return chr(int(part["sign"].split()[0].removeprefix("U+"), 16))
    if "mask" in part:
        return text[part["start"] : part["start"] + part["mask"]]
    return str(part["text"])


@given(marked(), st.sets(st.integers(0, 5)))
def test_pieces_are_the_text_and_masks_are_what_was_not_asked_for(
    given_text: tuple[str, dict[int, Span]], shown: set[int]
) -> None:
    """In order they cover the text; a place is masked unless a finding there was asked for."""
    text, places = given_text
    found = list(pieces(text, places, shown))
    assert "".join(letters(part, text) for part in found) == text
    for part in found:
        here = {i for i, (start, end) in places.items() if start <= part["start"] < end}
        assert set(part.get("findings", ())) == here
        assert ("mask" in part) == bool(here and not here & shown)
        assert part.keys() <= {"start", "findings", "text", "mask", "sign"}
    assert not any("mask" in part for part in pieces(text, places, None))


@given(marked())
def test_what_hides_or_steers_is_named(given_text: tuple[str, dict[int, Span]]) -> None:
    """No letter of a text that is shown is a control or a format character but lines and tabs."""
    text, places = given_text
    for part in pieces(text, places, None):
        for sign in part.get("text", ""):
            assert unicodedata.category(sign) not in {"Cc", "Cf"} or sign in "\n\t"


@given(marked(), st.data())
def test_a_window_shows_its_part(
    given_text: tuple[str, dict[int, Span]], data: st.DataObject
) -> None:
    """A part of a text is the same pieces' letters, and no more."""
    text, places = given_text
    first = data.draw(st.integers(0, len(text)))
    last = data.draw(st.integers(first, len(text)))
    found = list(pieces(text, places, (), (first, last)))
    assert "".join(letters(part, text) for part in found) == text[first:last]


@given(marked(), st.sets(st.integers(0, 5)))
def test_places_in_a_redacted_text_are_those_of_its_cuts(
    given_text: tuple[str, dict[int, Span]], causes: set[int]
) -> None:
    """A finding stands at its letters, and at the whole of each placeholder for any of them."""
    text, spans = given_text
    rows: list[dict[str, Any]] = [
        {"label": f"pii.kind{i}", "score": 1.0, "start": start, "end": end}
        for i, (start, end) in spans.items()
    ]
    acted = [rows[i] for i in spans if i in causes]
    done = redact(text, [Finding(r["label"], 1.0, (r["start"], r["end"])) for r in acted])
    found = hidden(rows, done.text, {row["label"] for row in acted})
    for i, (start, end) in spans.items():
        first, last = found.places[i]
        touched = [c for c in done.cuts if c.original[0] < end and start < c.original[1]]
        marks = {k for cut in touched for k in range(*cut.replaced)}
        gone = {k for cut in touched for k in range(*cut.original)}
        assert marks <= set(range(first, last))
        left = "".join(text[k] for k in range(start, end) if k not in gone)
        assert "".join(done.text[k] for k in range(first, last) if k not in marks) == left
        within = any(c.original[0] <= start and end <= c.original[1] for c in done.cuts)
        assert (i in found.written) == within


def test_of_a_long_text_the_beginning_is_shown() -> None:
    """The page is not asked to hold megabytes; the rest is cut, findings beyond it left out."""
    text = "a" * 300_000
    found = list(pieces(text, {0: (99_990, 100_010), 1: (200_000, 200_010)}, ()))
    assert [part.get("mask", len(part.get("text", ""))) for part in found] == [99_990, 10]
    assert all(a["start"] < b["start"] for a, b in pairwise(found))
