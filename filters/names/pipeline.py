"""Texts through one of Presidio's NLP engines: no failure passes for silence, memory is bounded."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer, RecognizerResult
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

LANGUAGE = "en"  # a key that Presidio asks for; which texts are read is the detector's business
NEW_STRINGS = 250_000  # some four for each new word


@dataclass
class Witness:
    """Calls a model and remembers that it failed, which Presidio takes for a text without names."""

    model: Any = None  # there is one once it is loaded
    failed: bool = False

    def __call__(self, texts: str | list[str]) -> object:
        """Return the model's answer; a list that fails is tried again text by text."""
        try:
            return self.model(texts)
        except Exception:
            self.failed |= isinstance(texts, str)
            raise


class Pipeline:
    """A finder by one of Presidio's NLP engines and the recognizer that reads its answers.

    spaCy keeps every word it meets, 0.8 kB each. So the engine is loaded anew after `NEW_STRINGS`:
    0.3 s with the packaged model, once in some 3 MB of text. A memory zone of spaCy's would give
    the words back, and still its tables would grow by 54 bytes a word.
    """

    def __init__(
        self,
        load: Callable[[], SpacyNlpEngine],
        recognizer: EntityRecognizer,
        entities: Sequence[str],
        witness: Witness | None = None,
    ) -> None:
        self.load, self.recognizer, self.entities = load, recognizer, [*entities]
        self.witness, self.lock = witness or Witness(), Lock()
        self.engine: SpacyNlpEngine | None = None
        self.full = 0  # strings at which the engine has met enough
        self.ready()

    def ready(self) -> SpacyNlpEngine:
        """Return the engine, loaded when there is none or when it has met enough."""
        if self.engine is None or strings(self.engine) > self.full:
            self.engine = None
            gc.collect()  # a pipeline refers to itself, and two would take twice the memory
            self.engine = self.load()
            self.full = strings(self.engine) + NEW_STRINGS
        return self.engine

    def __call__(self, texts: Sequence[str]) -> list[list[RecognizerResult]]:
        """Return the results of each text.

        Raises:
            RuntimeError: The model failed on a text.
        """
        with self.lock:
            self.witness.failed = False
            answers = self.ready().process_batch([*texts], LANGUAGE, batch_size=len(texts))
            results = [
                self.recognizer.analyze(answer[0], self.entities, answer[1]) for answer in answers
            ]
            if self.witness.failed:
                raise RuntimeError("the model failed on a text")
            return results


def strings(engine: SpacyNlpEngine) -> int:
    """Return how many strings an engine's vocabulary holds."""
    return len(engine.get_nlp(LANGUAGE).vocab.strings)
