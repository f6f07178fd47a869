"""The segmentation: one definition for whole texts and streams."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gemsieve.safety.units import Cutter, Horizon, Unit, units

ChunksOf = Callable[[str, list[int]], list[str]]
TEXTS = st.text(st.sampled_from('ab.!" \n。'), max_size=60)
HORIZONS = st.builds(
    lambda before, after, shortest, more: Horizon(before, after, shortest, shortest + more),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(1, 6),
    st.integers(0, 9),
)


@example("a.  b", Horizon(0, 0, 1, 9), [3])  # an end that waits to see more white space
@settings(max_examples=300)
@given(TEXTS, HORIZONS, st.lists(st.integers(0, 60), max_size=60))
def test_a_stream_gives_the_units_of_its_whole_text(
    chunks_of: ChunksOf, text: str, horizon: Horizon, cuts: list[int]
) -> None:
    """For every chunking, the units and what is judged with them are those of `units`."""
    cutter = Cutter(horizon)
    streamed = [unit for chunk in chunks_of(text, cuts) for unit in cutter.feed(chunk)]
    assert [*streamed, *cutter.finish()] == list(units(text, horizon))


@given(TEXTS, HORIZONS)
def test_units_join_to_the_text_and_see_what_stands_around_them(
    text: str, horizon: Horizon
) -> None:
    """Nothing is lost or doubled, sizes keep their bounds, and a window is a slice of the text."""
    place = 0
    cut = list(units(text, horizon))
    for unit in cut:
        end = place + len(unit.text)
        assert unit.window == text[max(0, place - horizon.before) : end + horizon.after]
        assert unit.text == text[place:end]
        assert len(unit.text) <= horizon.longest
        assert len(unit.text) >= horizon.shortest or end == len(text)
        place = end
    assert place == len(text)


@given(TEXTS, HORIZONS)
def test_a_unit_is_given_as_soon_as_its_horizon_is_there(text: str, horizon: Horizon) -> None:
    """No more is ever held back than one longest unit and the horizon after it."""
    cutter = Cutter(horizon)
    given_out = 0
    for read, character in enumerate(text, 1):
        given_out += sum(len(unit.text) for unit in cutter.feed(character))
        assert read - given_out < horizon.longest + horizon.after


def test_sentences_and_lines_end_units() -> None:
    """A unit ends behind the mark, its closing quotes and one white space, or is cut."""
    text = 'One. "Two!" Three\nfour.five。六 sevensevens'
    cut = [unit.text for unit in units(text, Horizon(0, 0, 1, 12))]
    assert cut == ["One. ", '"Two!" ', "Three\n", "four.five。", "六 sevenseven", "s"]


def test_short_sentences_share_a_unit() -> None:
    """A sentence that ends before `shortest` does not end the unit."""
    cut = [unit.text for unit in units("No. No. No. No.", Horizon(0, 0, 6, 99))]
    assert cut == ["No. No. ", "No. No."]


def test_an_empty_text_has_no_units() -> None:
    """There is nothing to release, so there is nothing to judge."""
    assert list(units("", Horizon())) == []
    assert Cutter(Horizon()).finish() == []


@pytest.mark.parametrize("numbers", [(-1, 0, 1, 1), (0, -1, 1, 1), (0, 0, 0, 1), (0, 0, 2, 1)])
def test_an_impossible_horizon_is_refused(numbers: tuple[int, int, int, int]) -> None:
    """Units must be able to exist."""
    with pytest.raises(ValueError, match="needs before, after >= 0"):
        Horizon(*numbers)


def test_a_window_is_all_that_is_judged() -> None:
    """Before, text and after stand in their order."""
    assert Unit("a", "b", "c").window == "abc"
