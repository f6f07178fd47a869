"""Presidio's own engine, set up as our findings are defined: what we are checked against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from gemsieve.filters.pii.email import validator
from gemsieve.filters.pii.overlap import Hit
from gemsieve.filters.pii.recognizers import predefined

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine, EntityRecognizer


def stock(entities: Iterable[str], model: str | None = None) -> Callable[[str], list[Hit]]:
    """Return the hits of `AnalyzerEngine` over the recognizers of some entities, in our order.

    English, no score threshold, and the public-suffix list packaged with tldextract instead of one
    from the network. It refuses lone surrogates and texts above a million characters.

    Args:
        entities: Whose predefined recognizers to run.
        model: A spaCy package whose lemmas context words are compared with; None for a blank
            pipeline, which has none.
    """
    return answers(engine(predefined(entities), model))


def answers(analyzer: AnalyzerEngine) -> Callable[[str], list[Hit]]:
    """Return the function from a text to an engine's hits, without a threshold, in our order."""

    def hits(text: str) -> list[Hit]:
        results = analyzer.analyze(text, "en", score_threshold=0)
        found = [Hit(r.entity_type, r.start, r.end, r.score) for r in results]
        return sorted(found, key=lambda h: (h.start, h.end, h.entity))

    return hits


def engine(recognizers: Sequence[EntityRecognizer], model: str | None = None) -> AnalyzerEngine:
    """Return Presidio's engine over recognizers, all taken for English ones; `model` as above."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, PatternRecognizer, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import EmailRecognizer

    for recognizer in recognizers:
        recognizer.supported_language = "en"
        if isinstance(recognizer, PatternRecognizer) and (
            type(recognizer).validate_result is EmailRecognizer.validate_result
        ):
            setattr(recognizer, "validate_result", validator())  # noqa: B010 (a method's place)
    nlp = SpacyNlpEngine()
    # Names are no business of the recognizers', and only context words are of the pipeline's.
    nlp.nlp = {  # type: ignore[assignment]
        "en": spacy.load(model, exclude=["ner"]) if model else spacy.blank("en")
    }
    registry = RecognizerRegistry(list(recognizers), supported_languages=["en"])
    return AnalyzerEngine(registry=registry, nlp_engine=nlp)
