from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gemsieve.model.sampling.stop import Stop

# Two letters, so that stop strings overlap themselves and each other.
texts = st.text("ab\n", max_size=9)
strings = st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=3)


def cut(text: str, strings: list[str]) -> str:
    """Cut a whole text before the stop string that is complete first."""
    found = [(text.find(s) + len(s), text.find(s)) for s in strings if s in text]
    return text[: min(found)[1]] if found else text


@given(text=texts, strings=strings)
@example(text="aab", strings=["ab", "aa"])
@example(text="ab", strings=["abb", "b"])
def test_every_chunking_ends_where_the_whole_text_would(text: str, strings: list[str]) -> None:
    """However a text is cut, the chunks join to the text before its first stop string."""
    expected = cut(text, strings)
    for count in range(max(1, len(text))):
        for places in combinations(range(1, len(text)), count):
            bounds = [0, *places, len(text)]
            chunks = [text[a:b] for a, b in pairwise(bounds)]
            stop = Stop(strings)
            assert "".join(map(stop.feed, chunks)) + stop.finish() == expected
            assert stop.found == (expected != text)


@given(text=texts, strings=strings)
def test_only_what_may_become_a_stop_string_waits(text: str, strings: list[str]) -> None:
    """What is held after each character is its longest end that begins a stop string."""
    stop, released = Stop(strings), ""
    for end in range(1, len(text) + 1):
        released += stop.feed(text[end - 1])
        if stop.found:
            break
        begins = [
            n for n in range(end + 1) if any(s.startswith(text[n:end]) for s in (*strings, ""))
        ]
        assert released == text[: min(begins)]


def test_an_empty_stop_string_is_refused() -> None:
    """It would end every text before it began."""
    with pytest.raises(ValueError, match="must not be empty"):
        Stop(["end", ""])
