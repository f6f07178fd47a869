"""Presidio's ways to run a model of named entities, each model loaded once a process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from gemsieve.filters.names.models import PACKAGED
from gemsieve.filters.names.pipeline import LANGUAGE, Pipeline, Witness

if TYPE_CHECKING:
    from presidio_analyzer import RecognizerResult
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

Finder = Callable[[Sequence[str]], "list[list[RecognizerResult]]"]

HUGGING_FACE = "presidio_hf_token_pipe"

# Components of spaCy's that write nothing which the others read. The parser is not one of them: no
# entity may reach over the borders of sentences that it sets.
UNREAD = {"tagger", "morphologizer", "attribute_ruler", "lemmatizer", "trainable_lemmatizer"}
OTHERS = {"tok2vec", "transformer", "parser", "senter", "sentencizer", "ner"}

# What GLiNER is asked to look for.
PROMPTS = {
    "LOCATION": ("location",),
    "NRP": ("nationality", "religion", "political group"),
    "ORGANIZATION": ("organization",),
    "PERSON": ("person",),
}


@cache
def finder(engine: str, model: str, entities: tuple[str, ...]) -> Finder:
    """Load a model, once a process, and return what finds entities in texts with it.

    It may be called from several threads, which wait for each other. What it finds in a text does
    not depend on the texts beside it.
    """
    if engine == "gliner":
        return gliner(model, entities)
    if engine == "transformers":
        return transformers(model, entities)
    return spacy(model, entities)


def spacy(model: str, entities: Sequence[str]) -> Finder:
    """Return a finder by a spaCy pipeline, without the components that do not touch entities."""
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    def load() -> SpacyNlpEngine:
        engine = nlp_engine("spacy", model, weak={"ORGANIZATION"})
        nlp = engine.get_nlp(LANGUAGE)
        kinds = {name: nlp.get_pipe_meta(name).factory for name in nlp.pipe_names}
        if set(kinds.values()) <= UNREAD | OTHERS:
            nlp.select_pipes(disable=[name for name, kind in kinds.items() if kind in UNREAD])
        return engine

    return Pipeline(load, SpacyRecognizer(supported_entities=[*entities]), entities)


def transformers(model: str, entities: Sequence[str]) -> Finder:
    """Return a finder by a token classifier of Hugging Face's, over spaCy's tokens."""
    from presidio_analyzer.predefined_recognizers import TransformersRecognizer

    witness = Witness()

    def load() -> SpacyNlpEngine:
        engine = nlp_engine("transformers", {"spacy": PACKAGED, "transformers": model})
        nlp = engine.get_nlp(LANGUAGE)
        nlp.select_pipes(enable=[HUGGING_FACE])
        component: Any = nlp.get_pipe(HUGGING_FACE)
        witness.model, component.pipeline = component.pipeline, witness
        return engine

    recognizer = TransformersRecognizer(supported_entities=[*entities])
    return Pipeline(load, recognizer, entities, witness)


def gliner(model: str, entities: Sequence[str]) -> Finder:
    """Return a finder by GLiNER (Zaratiana et al., arXiv 2311.08526), asked text by text."""
    from presidio_analyzer.predefined_recognizers.ner import GLiNERRecognizer

    prompts = {prompt: entity for entity in entities for prompt in PROMPTS[entity]}
    recognizer, lock = GLiNERRecognizer(entity_mapping=prompts, model_name=model), Lock()

    def find(texts: Sequence[str]) -> list[list[RecognizerResult]]:
        with lock:
            return [recognizer.analyze(text, [*entities]) for text in texts]

    return find


def nlp_engine(name: str, model: object, weak: Iterable[str] = ()) -> SpacyNlpEngine:
    """Return one of Presidio's NLP engines, set up by Presidio's own file for it.

    But organisations are not ignored, and weak entities get the lower score that the file has for
    such.
    """
    import presidio_analyzer
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    file = Path(presidio_analyzer.__file__).parent / "conf" / f"{name}.yaml"
    settings = NlpEngineProvider(conf_file=file).nlp_configuration
    entities = settings["ner_model_configuration"]
    ignored = set(entities["labels_to_ignore"]) - {"ORG", "ORGANIZATION"}
    entities |= {"labels_to_ignore": sorted(ignored), "low_score_entity_names": sorted(weak)}
    settings["models"] = [{"lang_code": LANGUAGE, "model_name": model}]
    return cast("SpacyNlpEngine", NlpEngineProvider(nlp_configuration=settings).create_engine())
