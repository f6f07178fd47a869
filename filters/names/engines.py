"""Presidio's ways to run a model of named entities, each model loaded once a process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from gemsieve.filters.names.models import PACKAGED

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer, RecognizerResult
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from spacy.language import Language

Finder = Callable[[Sequence[str]], "list[list[RecognizerResult]]"]

LANGUAGE = "en"  # a key that Presidio asks for; which texts are read is the detector's business
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

    engine = nlp_engine("spacy", model, weak={"ORGANIZATION"})
    nlp = engine.get_nlp(LANGUAGE)
    kinds = {name: nlp.get_pipe_meta(name).factory for name in nlp.pipe_names}
    if set(kinds.values()) <= UNREAD | OTHERS:
        nlp.select_pipes(disable=[name for name, kind in kinds.items() if kind in UNREAD])
    return Pipeline(engine, SpacyRecognizer(supported_entities=[*entities]), entities)


def transformers(model: str, entities: Sequence[str]) -> Finder:
    """Return a finder by a token classifier of Hugging Face's, over spaCy's tokens."""
    from presidio_analyzer.predefined_recognizers import TransformersRecognizer

    engine = nlp_engine("transformers", {"spacy": PACKAGED, "transformers": model})
    nlp = engine.get_nlp(LANGUAGE)
    nlp.select_pipes(enable=[HUGGING_FACE])
    component: Any = nlp.get_pipe(HUGGING_FACE)
    component.pipeline = witness = Witness(component.pipeline)
    recognizer = TransformersRecognizer(supported_entities=[*entities])
    return Pipeline(engine, recognizer, entities, witness)


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


class Witness:
    """Calls a model and remembers that it failed, which Presidio takes for a text without names."""

    def __init__(self, model: Callable[[str | list[str]], object]) -> None:
        self.model, self.failed = model, False

    def __call__(self, texts: str | list[str]) -> object:
        """Return the model's answer; a list that fails is tried again text by text."""
        try:
            return self.model(texts)
        except Exception:
            self.failed |= isinstance(texts, str)
            raise


class Pipeline:
    """A finder by one of Presidio's NLP engines and the recognizer that reads its answers."""

    def __init__(
        self,
        engine: SpacyNlpEngine,
        recognizer: EntityRecognizer,
        entities: Sequence[str],
        witness: Witness | None = None,
    ) -> None:
        self.engine, self.recognizer, self.entities = engine, recognizer, [*entities]
        self.witness, self.lock = witness or Witness(lambda _: None), Lock()

    @property
    def nlp(self) -> Language:
        """The spaCy pipeline under the engine."""
        return self.engine.get_nlp(LANGUAGE)

    def __call__(self, texts: Sequence[str]) -> list[list[RecognizerResult]]:
        """Return the results of each text.

        spaCy keeps every word it meets; what it meets in a memory zone goes when that ends.

        Raises:
            RuntimeError: The model failed on a text.
        """
        with self.lock, self.nlp.memory_zone():
            self.witness.failed = False
            answers = self.engine.process_batch([*texts], LANGUAGE, batch_size=len(texts))
            results = [
                self.recognizer.analyze(answer[0], self.entities, answer[1]) for answer in answers
            ]
            if self.witness.failed:
                raise RuntimeError("the model failed on a text")
            return results
