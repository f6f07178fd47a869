"""Find names of persons, places, groups and organisations: they have no shape, so a model does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gemsieve.filters.detector import Labels
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.names import options
from gemsieve.filters.names.engines import Finder, finder
from gemsieve.filters.names.models import missing, versions, weights
from gemsieve.filters.names.reading import merged, pieces, readable, together, unmarked
from gemsieve.filters.policy import Action, Rule


def english() -> dict[str, tuple[str, ...]]:
    """Return the condition that a text is English: en, en-GB, eng_Latn, English."""
    return {"language": ("[Ee][Nn]*",)}


@dataclass(frozen=True)
class NamesDetector:
    """Find what presidio-analyzer finds with a model of named entities, with spans and scores.

    With spaCy, findings equal those of its `AnalyzerEngine` under Presidio's own `spacy.yaml` with
    the same model, but for what `names.reading` tells; organisations, which that file leaves out,
    have the score that it gives to weak entities (0.85 times 0.4).

    Attributes:
        engine: `spacy`, `transformers` or `gliner`, as Presidio drives them.
        model: A package of a spaCy model or its folder; for the others a hub's name or a folder.
        entities: Presidio's names of them; all of `options.ENTITIES` when not given.
        when: Columns and the values (globs) of the texts to look at; a text whose value is unknown
            is looked at. English when not given, every text when empty.
        longest: Characters that the model reads at once; a longer text is read in pieces.

    Raises:
        TypeError: An option has the wrong type.
        ValueError: It has an unknown value, or the engine needs a model and none is given.
    """

    engine: str = "spacy"
    model: str | None = None
    entities: Sequence[str] = options.ENTITIES
    when: Mapping[str, tuple[str, ...]] = field(default_factory=english)
    longest: int = 50_000

    name = "names"

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", options.chosen(self.engine, self.model))
        object.__setattr__(self, "entities", options.checked(self.entities))
        object.__setattr__(self, "when", options.conditions(self.when))
        object.__setattr__(self, "longest", options.within(self.longest))

    @property
    def version(self) -> str:
        """Our own version and those of the libraries that judge.

        Raises:
            PolicyError: One of them is not installed.
        """
        self._installed()
        return "+".join(["1", *versions(self.engine)])

    @property
    def weights(self) -> str:
        """SHA-256 of the model's files, or "" for a hub's name, which does not fix them."""
        return weights(str(self.model))

    @property
    def labels(self) -> Labels:
        """One event for each entity."""
        return Labels(events=frozenset(map(label, self.entities)))

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns that choose the texts."""
        return tuple(self.when)

    def setup(self) -> None:
        """Load the model, once a process: about two seconds for the packaged one.

        Raises:
            PolicyError: A library or the model is not installed; says how to install it.
        """
        self._finder()

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the findings of each text, in the order of the text; none for texts not chosen."""
        find = self._finder()
        chosen = Rule(labels=(), action=Action.REDACT, when=self.when)
        read = [
            piece
            for index, text in enumerate(batch.texts)
            if chosen.holds(batch.row(index))
            for piece in pieces(index, readable(text), self.longest)
        ]
        found: list[list[Finding]] = [[] for _ in batch.texts]
        for group in together(read, self.longest):
            for piece, results in zip(group, find([p.text for p in group]), strict=True):
                found[piece.index] += [
                    Finding(label(r.entity_type), r.score, piece.span(r.start, r.end))
                    for r in results
                ]
        return [
            unmarked(text, merged(findings))
            for text, findings in zip(batch.texts, found, strict=True)
        ]

    def _finder(self) -> Finder:
        self._installed()
        return finder(self.engine, str(self.model), tuple(self.entities))

    def _installed(self) -> None:
        if lack := missing(self.engine, str(self.model)):
            raise lack


def label(entity: str) -> str:
    """Return the label of an entity's findings: `names.person` for PERSON."""
    return f"names.{entity.lower()}"
