"""Presidio's own engine, set up as our findings are defined: what we are checked against."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gemsieve.filters.pii.email import validator
from gemsieve.filters.pii.entities import RECOGNIZERS
from gemsieve.filters.pii.overlap import Hit


def stock(entities: Iterable[str]) -> Callable[[str], list[Hit]]:
    """Return the hits of `AnalyzerEngine` over the recognizers of some entities, in our order.

    English, no score threshold, a blank spaCy pipeline instead of a model, and the public-suffix
    list packaged with tldextract instead of one from the network. It refuses lone surrogates and
    texts above a million characters.
    """
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    recognizers = [getattr(predefined_recognizers, RECOGNIZERS[entity])() for entity in entities]
    for recognizer in recognizers:
        if recognizer.supported_entities == ["EMAIL_ADDRESS"]:
            recognizer.validate_result = validator()
    blank = SpacyNlpEngine()
    blank.nlp = {"en": spacy.blank("en")}  # type: ignore[assignment]
    engine = AnalyzerEngine(
        registry=RecognizerRegistry(recognizers, supported_languages=["en"]), nlp_engine=blank
    )

    def hits(text: str) -> list[Hit]:
        results = engine.analyze(text, "en", score_threshold=0)
        found = [Hit(r.entity_type, r.start, r.end, r.score) for r in results]
        return sorted(found, key=lambda h: (h.start, h.end, h.entity))

    return hits
