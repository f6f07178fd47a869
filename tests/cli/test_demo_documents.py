"""Claims about the real half of the demo's corpus."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gemsieve.cli.demo_documents import LENGTHS, docstrings_in, documents, take


def test_documents_are_different_of_fitting_length_and_as_many_as_asked() -> None:
    """A sample has the size asked for, no document twice, none too short or long."""
    found = documents(150)
    assert len(found) == len(set(found)) == 150
    assert all(len(text) in LENGTHS for text in found)


def test_the_same_environment_gives_the_same_documents() -> None:
    """Nothing but what is installed decides the documents and their order."""
    assert documents(60) == documents(60)


@given(st.text())
def test_any_source_is_read_or_passed_over(source: str) -> None:
    """No text that a file may hold stops the search for docstrings."""
    assert all(isinstance(text, str) for text in docstrings_in(source))


def test_docstrings_of_modules_classes_and_methods_are_found_and_strings_are_not() -> None:
    """A docstring is found wherever a public reader would look; other strings are not."""
    source = '"""M."""\nx = """no"""\nclass C:\n    """C."""\n    def f(self):\n        """F."""\n'
    assert list(docstrings_in(source)) == ["M.", "C.", "F."]


def test_taking_stops_at_the_limit_without_reading_on() -> None:
    """Once enough is found no further file is opened."""
    found: dict[str, None] = {}
    texts = iter(["a" * 500, "short", "b" * 500, "c" * 500, "d" * 500])
    take(texts, found, 2)
    assert [text[0] for text in found] == ["a", "b"]
    assert next(texts) == "d" * 500
