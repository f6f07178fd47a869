"""What a model reads of a text: the same places, bounded pieces, nothing of our own."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import texts

from gemsieve.filters.finding import Finding
from gemsieve.filters.names.reading import (
    OVERLAP,
    Piece,
    merged,
    pieces,
    readable,
    together,
    unmarked,
)

# Runs of every length around the limit of 500, with and without white space between them.
runs = st.lists(
    st.tuples(st.sampled_from(["a", "(", "\ud800", " ", "\n", "\x1c", "中"]), st.integers(1, 1200)),
    max_size=12,
).map(lambda parts: "".join(character * count for character, count in parts))


@given(runs | texts)
def test_what_is_read_is_in_its_place(text: str) -> None:
    """As long as the text, encodable, no run of more than 500, and only such runs changed."""
    read = readable(text)
    assert len(read) == len(text)
    read.encode()
    assert not re.search(r"\S{501}", read)
    for place, (old, new) in enumerate(zip(text, read, strict=True)):
        if old != new and not "\ud800" <= old <= "\udfff":
            assert new == " "
            assert not re.search(r"\s", text[place - 499 : place + 2])


@given(runs, st.integers(3000, 4000))
def test_pieces_cover_a_text(text: str, longest: int) -> None:
    """Bounded, in their place, cut at white space, and each shares enough with the next."""
    text = readable(text)
    found = [*pieces(3, text, longest)]
    assert all(p.index == 3 and len(p.text) <= longest for p in found)
    assert all(text[p.start : p.start + len(p.text)] == p.text for p in found)
    assert found[0].start == 0
    assert found[-1].start + len(found[-1].text) == len(text)
    for one, two in pairwise(found):
        end = one.start + len(one.text)
        assert one.start < two.start <= end - OVERLAP
        assert text[end - 1].isspace()
        assert text[two.start - 1].isspace()


@given(st.lists(st.integers(0, 50)), st.integers(50, 120))
def test_groups_are_bounded(lengths: list[int], most: int) -> None:
    """Every piece is in one group, in order, and no group is larger than asked."""
    read = [Piece(i, 0, "x" * length) for i, length in enumerate(lengths)]
    groups = [*together(read, most)]
    assert [piece for group in groups for piece in group] == read
    assert all(group and sum(len(p.text) for p in group) <= most for group in groups)


PERSON = "names.person"


@pytest.mark.parametrize(
    ("text", "span", "left"),
    [
        ("<PERSON> Smith", (0, 14), [(8, 14)]),
        ("Mary <PERSON> Smith", (0, 19), [(0, 5), (13, 19)]),
        ("a <PERSON> b", (3, 9), []),
        ("<PERSON>'s", (0, 10), []),
        ("<PERSON>'s", (8, 10), [(8, 10)]),
        ("<PERSON><PERSON>", (0, 16), []),
        ("<person> Smith", (0, 14), [(0, 14)]),
        ("<PERSON> met Bo", (13, 15), [(13, 15)]),
        ("Bo met <PERSON>", (0, 2), [(0, 2)]),
    ],
)
def test_only_what_lies_outside_placeholders_is_left(
    text: str, span: tuple[int, int], left: list[tuple[int, int]]
) -> None:
    """A finding loses what we wrote; what remains must be more than a letter."""
    assert [f.span for f in unmarked(text, [Finding(PERSON, 0.85, span)])] == left


def test_the_whole_name_stands_for_its_parts() -> None:
    """Of two pieces' views of a name the larger stays, unless the smaller is surer; in order."""
    place = "names.location"
    whole, part = Finding(PERSON, 0.8, (5, 20)), Finding(PERSON, 0.8, (9, 20))
    surer, other = Finding(PERSON, 0.9, (9, 20)), Finding(place, 0.8, (0, 20))
    assert merged([part, whole, other, whole]) == [other, whole]
    assert merged([surer, whole]) == [whole, surer]
