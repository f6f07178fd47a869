"""Many literal strings at once: the answer is that of looking for each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters.literals import GATE_BYTES, Literals

# Few letters, so that strings begin alike, hold each other and occur by chance; some that an
# expression would read as its own, or that take several bytes.
LETTERS = st.text("ab.*\\\0é\U0001f600\ud800", min_size=1, max_size=6)


@given(st.lists(LETTERS, max_size=12), st.lists(LETTERS, max_size=12))
def test_it_finds_what_looking_for_each_finds(strings: list[str], parts: list[str]) -> None:
    """Exactly the strings that `in` finds, for strings that overlap, repeat or begin alike."""
    text = "".join(parts)
    expected = {i for i, string in enumerate(strings) if string in text}
    assert Literals(strings).found(text) == expected


def test_long_strings_are_compared_to_their_end() -> None:
    """Strings that differ behind what the automaton knows are told apart."""
    same = "x" * GATE_BYTES
    literals = Literals([f"{same}1", f"{same}2", same, f"{same}1 and more"])
    assert literals.found(f"a {same}2 b") == {1, 2}
    assert literals.found(f"{same}1") == {0, 2}


def test_an_empty_string_is_refused() -> None:
    """It would occur in every text and say nothing."""
    with pytest.raises(ValueError, match="everywhere"):
        Literals(["a", ""])
