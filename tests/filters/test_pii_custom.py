"""Recognizers of a user's own: found as Presidio finds them from the same file and lists."""

from __future__ import annotations

import json
import pickle
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import spacy
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import UsSsnRecognizer
from presidio_analyzer.recognizer_registry import RecognizerRegistry, RecognizerRegistryProvider

from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.finding import Batch
from gemsieve.filters.pii import PiiDetector

TICKET: dict[str, Any] = {
    "name": "Ticket recognizer",
    "supported_language": "en",
    "supported_entity": "TICKET",
    "patterns": [
        {"name": "weak", "regex": r"\b[A-Z]{2}-\d{3,6}\b", "score": 0.2},
        {"name": "strong", "regex": r"\bTT-\d{4}\b", "score": 0.6},
    ],
    "context": ["ticket"],
}
TITLE: dict[str, Any] = {
    "name": "Title recognizer",
    "supported_language": "en",
    "supported_entity": "TITLE",
    "deny_list": ["Mr.", "Prof.", "Dr."],
    "deny_list_score": 0.7,
}
ADDED = {"recognizers": [TICKET, TITLE]}
REGISTRY: dict[str, Any] = {
    "supported_languages": ["en"],
    "global_regex_flags": 26,
    "recognizers": [
        {"name": "UsSsnRecognizer", "type": "predefined", "country_code": "us"},
        {"name": "UuidRecognizer", "type": "predefined", "enabled": False},
        {**TICKET, "type": "custom", "score_thresholds": {"TICKET": 0.5}},
    ],
}
PIECES = ["TT-1234", "TT-12", "ab-123456", "XY-1234567", "Mr.", "Dr.", "Dr.No", "536-90-4399", "é"]
texts = st.lists(st.sampled_from([" ", "\n", "ticket ", *PIECES]), max_size=8).map("".join)


def write(folder: Path, body: dict[str, Any]) -> str:
    """Write a YAML file and return its path."""
    path = folder / "recognizers.yaml"
    path.write_text(yaml.safe_dump(body))
    return str(path)


def found(detector: PiiDetector, text: str) -> list[tuple[str, int, int, float]]:
    """Return a detector's findings."""
    (findings,) = detector(Batch([text]))
    return [(f.label, *f.span, f.score) for f in findings if f.span]


def presidio(engine: AnalyzerEngine, text: str, **options: Any) -> list[Any]:
    """Return what Presidio's engine finds, as findings."""
    results = engine.analyze(text, "en", **options)
    return sorted(
        ((f"pii.{r.entity_type.lower()}", r.start, r.end, r.score) for r in results),
        key=lambda row: (row[1], row[2], row[0]),
    )


def engine(registry: RecognizerRegistry) -> AnalyzerEngine:
    """Return Presidio's engine over a registry, with a blank pipeline."""
    blank = SpacyNlpEngine()
    blank.nlp = {"en": spacy.blank("en")}  # type: ignore[assignment]
    return AnalyzerEngine(registry=registry, nlp_engine=blank)


@cache
def added() -> AnalyzerEngine:
    """Return Presidio's engine over one predefined recognizer and the two of the table."""
    registry = RecognizerRegistry([], supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    registry.recognizers = [r for r in registry.recognizers if isinstance(r, UsSsnRecognizer)]
    for entry in (TICKET, TITLE):
        registry.add_pattern_recognizer_from_dict(dict(entry))
    return engine(registry)


@cache
def whole() -> AnalyzerEngine:
    """Return Presidio's engine over the registry file."""
    return engine(RecognizerRegistryProvider(conf_file=str(SHARED)).create_recognizer_registry())


@given(texts)
@settings(max_examples=100)
def test_a_file_of_more_recognizers_finds_what_presidio_finds(text: str) -> None:
    """Patterns and deny lists of a YAML list, beside a predefined entity."""
    detector = PiiDetector(mode="stock", entities=["US_SSN"], recognizers=[TICKET, TITLE])
    assert found(detector, text) == presidio(added(), text, score_threshold=0)


@given(texts)
@settings(max_examples=100)
def test_a_whole_registry_stands_instead_of_the_mode(text: str) -> None:
    """Predefined and custom recognizers of a registry file, with their thresholds."""
    detector = PiiDetector(mode="stock", recognizers=str(SHARED))
    assert detector.labels.events == {"pii.us_ssn", "pii.ticket"}
    assert found(detector, text) == presidio(whole(), text)


SHARED = Path(__file__).parent / "registry.yaml"


def test_the_registry_file_is_what_the_table_says() -> None:
    """The file beside this one is REGISTRY, written by `yaml.safe_dump`."""
    assert yaml.safe_load(SHARED.read_text()) == REGISTRY


@given(texts, st.sampled_from([["Mr.", "TT-1234"], [r"^d", r"-\d{3,4}$"], [""]]))
@settings(max_examples=100)
def test_allowed_words_are_those_that_presidio_allows(text: str, allowed: list[str]) -> None:
    """An allow list takes out what Presidio's does, word by word or by expressions."""
    for match in ("exact", "regex"):
        detector = PiiDetector(
            mode="stock",
            entities=["US_SSN"],
            recognizers=[TICKET, TITLE],
            allow_list=allowed,
            allow_list_match=match,
        )
        assert found(detector, text) == presidio(
            added(), text, score_threshold=0, allow_list=allowed, allow_list_match=match
        )


def test_a_detector_travels_with_what_its_file_said(tmp_path: Path) -> None:
    """Pickled, it needs the file no more; its version tells one file's content from another's."""
    path = write(tmp_path, ADDED)
    detector = PiiDetector(mode="stock", recognizers=path)
    other = PiiDetector(mode="stock", recognizers=[{**TICKET, "context": []}, TITLE])
    assert detector.version == PiiDetector(mode="stock", recognizers=[TICKET, TITLE]).version
    assert detector.version != other.version
    Path(path).unlink()
    copy = pickle.loads(pickle.dumps(detector))  # noqa: S301
    assert ("pii.ticket", 0, 7, 0.6) in found(copy, "TT-1234")


def test_a_policy_may_hold_them_and_redacts_what_they_find() -> None:
    """Ad-hoc recognizers stand in the policy as tables; their labels are known to its rules."""
    policy = """
        name = "mine"
        [[detectors.pii.recognizers]]
        name = "ticket"
        supported_entity = "TICKET"
        patterns = [{ name = "weak", regex = '\\bTT-\\d{4}\\b', score = 0.6 }]
        [[output]]
        labels = "pii.*"
        above = 0.5
        action = "redact"
    """
    (verdict,) = filter_from_text(policy, "mine.toml")(Batch(["see TT-1234"]), "output")
    assert verdict.redacted == "see <TICKET>"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"recognizers": [{"name": "SpacyRecognizer", "type": "predefined"}]}, "detector `names`"),
        ({"recognizers": [{"name": "UsSnnRecognizer", "type": "predefined"}]}, "'UsSsnRecognizer'"),
        ({"recognisers": []}, "must hold a list named 'recognizers'"),
        ({"recognizers": [3]}, r"recognizers\[1\]: must be a table"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, body: dict[str, Any], message: str) -> None:
    """What is not understood is said with its place."""
    with pytest.raises(ValueError, match=message):
        PiiDetector(recognizers=write(tmp_path, body))


def test_what_presidio_refuses_is_said_when_the_detector_loads(tmp_path: Path) -> None:
    """A score above 1, which only Presidio's own loader checks, names the entry."""
    wrong = {**TICKET, "patterns": [{"name": "weak", "regex": "x", "score": 3}]}
    with pytest.raises(ValueError, match=r"recognizers\[1\]: Presidio refuses it"):
        PiiDetector(recognizers=[wrong]).setup()
    (tmp_path / "no.yaml").write_text("a: [1\nb: 2")
    with pytest.raises(ValueError, match=r"no\.yaml, line 2: not YAML"):
        PiiDetector(recognizers=str(tmp_path / "no.yaml"))


def test_json_is_yaml(tmp_path: Path) -> None:
    """A file in JSON is read as well."""
    (tmp_path / "mine.json").write_text(json.dumps(ADDED))
    assert "pii.title" in PiiDetector(recognizers=str(tmp_path / "mine.json")).labels.events
