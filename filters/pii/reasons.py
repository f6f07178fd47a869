"""What recognizers see by themselves, what their checks deny, and what the words around say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gemsieve.filters.finding import Span
from gemsieve.filters.pii.entities import label

if TYPE_CHECKING:
    from presidio_analyzer import (
        AnalysisExplanation,
        AnalyzerEngine,
        EntityRecognizer,
        PatternRecognizer,
    )


class Place(NamedTuple):
    """What was found, or might have been, and where."""

    label: str
    span: Span

    def overlaps(self, other: Place) -> bool:
        """Say whether the two have a character in common."""
        return self.span[0] < other.span[1] and other.span[0] < self.span[1]


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a recognizer came to see something, and what the words around said of it.

    Attributes:
        recognizer: The recognizer's name.
        pattern: The name of its pattern; None where it has none.
        original_score: Before checks and words around.
        valid: What its check (a checksum, a list of suffixes) said; None where it has no say.
        context: What spoke for it: in stock mode the word of the recognizer's list that is near,
            in default mode the heading of such a word in context.toml; `things` speaks against it.
    """

    recognizer: str
    pattern: str | None
    original_score: float
    valid: bool | None
    context: str | None = None


class Sighting(NamedTuple):
    """What one recognizer saw, with its score before the words around are weighed."""

    score: float
    said: Explanation


def sightings(
    analyzer: AnalyzerEngine, recognizers: Iterable[EntityRecognizer], text: str
) -> dict[Place, Sighting]:
    """Return what recognizers see, each by itself; of the same by several, the surest."""
    artifacts = analyzer.nlp_engine.process_text(text, "en")
    seen: dict[Place, Sighting] = {}
    for recognizer in recognizers:
        for result in recognizer.analyze(text, recognizer.supported_entities, artifacts) or []:
            place = Place(label(result.entity_type), (result.start, result.end))
            if place not in seen or result.score > seen[place].score:
                seen[place] = Sighting(result.score, explanation(result.analysis_explanation))
    return seen


def explanation(said: AnalysisExplanation) -> Explanation:
    """Return what Presidio explains of a result, but for the words around."""
    return Explanation(
        said.recognizer, said.pattern_name, said.original_score, said.validation_result
    )


def lemmas(analyzer: AnalyzerEngine, text: str) -> Callable[[Place], str | None]:
    """Return what Presidio's engine says of the words around a place."""
    results = analyzer.analyze(text, "en", score_threshold=0, return_decision_process=True)
    words = {Place(label(r.entity_type), (r.start, r.end)): r.analysis_explanation for r in results}
    return lambda place: words[place].supportive_context_word or None if place in words else None


def themes(recognizers: Sequence[EntityRecognizer], text: str) -> Callable[[Place], str | None]:
    """Return what the default mode's table says of the words around a place."""
    from gemsieve.filters.pii.context import AGAINST, WordContext

    words = WordContext(recognizers)

    def nearest(place: Place) -> str | None:
        before, behind = words.before(text, place.span[0]), words.behind(text, place.span[1])
        entity = place.label.removeprefix("pii.").upper()
        distance = words.nearest(entity, before, behind)
        if distance == AGAINST:
            return "things"
        keys = (*words.keys.get(entity, ()), f"{entity} beside")
        return next(
            (
                key
                for key in keys
                if distance is not None and distance in (before.get(key), behind.get(key))
            ),
            None,
        )

    return nearest


def denials(
    recognizers: Iterable[EntityRecognizer], text: str
) -> Iterator[tuple[Place, Explanation]]:
    """Yield what patterns match and their recognizers' checks deny."""
    from presidio_analyzer import PatternRecognizer

    for recognizer in recognizers:
        if isinstance(recognizer, PatternRecognizer):
            yield from denials_of(recognizer, text)


def denials_of(recognizer: PatternRecognizer, text: str) -> Iterator[tuple[Place, Explanation]]:
    """Yield what one recognizer's patterns match and its check denies."""
    import regex

    about = recognizer.to_dict()
    for pattern in about["patterns"]:
        said = Explanation(about["name"], pattern["name"], pattern["score"], valid=False)
        for match in regex.finditer(pattern["regex"], text, recognizer.global_regex_flags):
            if match.group() and denied(recognizer, match.group()):
                yield Place(label(about["supported_entity"]), match.span()), said


def denied(recognizer: PatternRecognizer, value: str) -> bool:
    """Say whether a recognizer's check denies a value; one that cannot be made does not."""
    try:
        return recognizer.validate_result(value) is False or bool(
            recognizer.invalidate_result(value)
        )
    except (ValueError, ArithmeticError, LookupError):
        return False
