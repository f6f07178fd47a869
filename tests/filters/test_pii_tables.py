"""Stock mode and presidio-analyzer itself against tables of what each recognizer finds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import pytest
import regex
from tests.filters.pii_tables import TABLES
from tests.filters.pii_tables.row import Found, parsed

from gemsieve.filters import Batch
from gemsieve.filters.pii import PiiDetector
from gemsieve.filters.pii.recognizers import predefined
from gemsieve.filters.pii.stock import engine

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine, EntityRecognizer


def presidio(entity: str) -> Callable[[str], list[Found]]:
    """Return what Presidio's engine finds of an entity."""

    def find(text: str) -> list[Found]:
        results = everything().analyze(text, "en", entities=[entity], score_threshold=0)
        return sorted((result.start, result.end, result.score) for result in results)

    return find


@cache
def everything() -> AnalyzerEngine:
    """Return Presidio's engine over all recognizers: to make one an entity would take seconds."""
    return engine(predefined(TABLES))


def ours(entity: str) -> Callable[[str], list[Found]]:
    """Return what the detector finds of an entity in stock mode."""
    detector = PiiDetector(mode="stock", entities=[entity])

    def find(text: str) -> list[Found]:
        (findings,) = detector(Batch([text]))
        return [(*finding.span, finding.score) for finding in findings if finding.span]

    return find


def library() -> Iterator[EntityRecognizer]:
    """Yield the library's recognizers that need neither a model nor a service."""
    from presidio_analyzer import PatternRecognizer, predefined_recognizers

    kinds = (PatternRecognizer, predefined_recognizers.PhoneRecognizer)
    for _, kind in inspect.getmembers(predefined_recognizers, inspect.isclass):
        if issubclass(kind, kinds):
            yield kind()  # type: ignore[call-arg]  # every kind here has defaults


@pytest.mark.parametrize("finder", [presidio, ours])
@pytest.mark.parametrize("entity", TABLES)
def test_a_recognizer_finds_just_what_its_table_says(
    entity: str, finder: Callable[[str], Callable[[str], list[Found]]]
) -> None:
    """Each marked value with its score, and nothing else: neither in its row nor in the others."""
    find = finder(entity)
    rows = [parsed(row) for row in TABLES[entity]]
    assert {text: find(text) for text, expected in rows if find(text) != expected} == {}


def test_every_recognizer_has_rows_of_both_kinds() -> None:
    """The tables know all of the library's pattern recognizers: what they find, what they leave."""
    entities = {entity for recognizer in library() for entity in recognizer.supported_entities}
    assert entities == set(TABLES)
    for entity, rows in TABLES.items():
        kinds = [bool(expected) for _, expected in map(parsed, rows)]
        assert min(kinds.count(True), kinds.count(False)) >= 2, entity


def test_every_expression_has_a_row() -> None:
    """Each expression of each recognizer matches some value of the tables, from end to end."""
    for recognizer in library():
        (entity,) = recognizer.supported_entities
        rows = [parsed(row) for row in TABLES[entity]]
        for pattern in getattr(recognizer, "patterns", []):
            search = regex.compile(pattern.regex, recognizer.global_regex_flags)  # type: ignore[attr-defined]
            spans = {
                (text, match.span())
                for text, expected in rows
                for match in search.finditer(text)
                if match.span() in {span[:2] for span in expected}
            }
            assert spans, f"{entity}: {pattern.name}"


def test_no_two_rows_of_a_table_are_the_same() -> None:
    """Values made by rule may turn out alike; then one of them shows nothing."""
    for entity, rows in TABLES.items():
        texts = [parsed(row)[0] for row in rows]
        assert sorted(texts) == sorted(set(texts)), entity
