"""Presidio's engine as it is mostly used: its recognizers beside a spaCy model that knows names."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gemsieve.filters.names.engines import nlp_engine
from gemsieve.filters.pii.overlap import Hit
from gemsieve.filters.pii.recognizers import predefined
from gemsieve.filters.pii.stock import answers, engine

# What its recognizer finds by the model.
NAMES = frozenset({"DATE_TIME", "LOCATION", "NRP", "PERSON"})


def stock_with_names(entities: Iterable[str], model: str) -> Callable[[str], list[Hit]]:
    """Return the hits of `AnalyzerEngine` over recognizers of some entities and of names.

    As `stock`, with the model's lemmas for context words, and what `SpacyRecognizer` finds by the
    model: persons, places, groups and dates. Presidio's own spacy.yaml leaves organisations out.

    Args:
        entities: Whose predefined recognizers to run beside it.
        model: A package of a spaCy model.
    """
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    analyzer = engine([*predefined(entities), SpacyRecognizer(supported_entities=sorted(NAMES))])
    analyzer.nlp_engine = nlp_engine("spacy", model)
    return answers(analyzer)
