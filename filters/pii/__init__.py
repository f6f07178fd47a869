"""Find personal data that has a shape: addresses, numbers, codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import metadata
from typing import Any

from gemsieve.filters.detector import Labels
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.pii.choice import Choice, choice
from gemsieve.filters.pii.entities import label

# Libraries whose next version may find otherwise.
LIBRARIES = ("presidio-analyzer", "phonenumbers", "tldextract", "regex")


@dataclass(frozen=True)
class PiiDetector:
    """Find personal data by Presidio's recognizers: in stock mode as they are, by default mended.

    In stock mode, findings equal those of Presidio's `AnalyzerEngine` for the same recognizers, all
    taken for English ones, without a score threshold, under a blank spaCy pipeline or under the
    model that `lemmas` names. docs/pii.md says how the default mode differs, and why.

    Attributes:
        mode: "default" or "stock".
        entities: Names of Presidio's entities to look for.
        countries: Codes of countries whose entities to look for beside those of every country;
            `["*"]` for all. Without entities and countries, what the mode looks for by default.
        recognizers: More of them, in Presidio's form: the path of a YAML file, or tables. A file
            with `supported_languages` is a whole registry, and stands instead of the mode's.
        allow_list: Words that are never findings.
        allow_list_match: "exact", or "regex" when they are expressions to search for.
        lemmas: In stock mode, a spaCy package; words around a match then raise its score.

    Raises:
        TypeError: An option is of the wrong type.
        ValueError: An option names what is not known; names the nearest that is.
    """

    mode: str = "default"
    entities: Sequence[str] | None = None
    countries: Sequence[str] | None = None
    recognizers: str | Sequence[Mapping[str, Any]] | None = None
    allow_list: Sequence[str] = ()
    allow_list_match: str = "exact"
    lemmas: str | None = None
    choice: Choice = field(init=False, repr=False)

    name = "pii"
    weights = ""
    needs = ()

    def __post_init__(self) -> None:
        checked = choice(
            mode=self.mode,
            entities=self.entities,
            countries=self.countries,
            recognizers=self.recognizers,
            allow_list=self.allow_list,
            allow_list_match=self.allow_list_match,
            lemmas=self.lemmas,
        )
        object.__setattr__(self, "choice", checked)

    @property
    def version(self) -> str:
        """Our own version, those of the libraries that judge, and a digest of the user's own."""
        own = self.choice.fingerprint
        model = self.lemmas and f"{self.lemmas}-{metadata.version(self.lemmas.replace('_', '-'))}"
        return "+".join(filter(None, ("2", *libraries(), model, own)))

    @cached_property
    def labels(self) -> Labels:
        """One event for each entity."""
        return Labels(events=frozenset(map(label, self.choice.found)))

    def setup(self) -> None:
        """Import the recognizers and compile their expressions: seconds, less from a cache."""
        from gemsieve.filters.pii.analyzer import load

        load(self.choice)

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the findings of each text, in the order of the batch and of the text."""
        from gemsieve.filters.pii.analyzer import load

        analyze = load(self.choice)
        return [
            [Finding(label(h.entity), h.score, (h.start, h.end)) for h in analyze(text)]
            for text in batch.texts
        ]


@cache
def libraries() -> tuple[str, ...]:
    """Return `presidio-analyzer-2.2.366` and so on, from what is installed."""
    return tuple(f"{name}-{metadata.version(name)}" for name in LIBRARIES)
