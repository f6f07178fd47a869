"""Find personal data that has a shape: addresses, numbers, codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata

from gemsieve.filters.detector import Labels
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.pii.entities import DEFAULT, checked, label

# Libraries whose next version may find otherwise.
LIBRARIES = ("presidio-analyzer", "phonenumbers", "tldextract", "regex")


@dataclass(frozen=True)
class PiiDetector:
    """Find what presidio-analyzer's pattern recognizers find, with spans and scores.

    Findings equal those of its `AnalyzerEngine` with a blank English spaCy pipeline and no score
    threshold. Such a pipeline has no lemmas, so words around a match do not raise its score.

    Attributes:
        entities: Names of Presidio's entities; those in `entities.DEFAULT` when not given.

    Raises:
        TypeError: `entities` is not an array of strings.
        ValueError: It is empty or names an unknown entity.
    """

    entities: Sequence[str] = DEFAULT

    name = "pii"
    weights = ""
    needs = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "entities", checked(self.entities))

    @property
    def version(self) -> str:
        """Our own version and those of the libraries that judge."""
        return versions()

    @property
    def labels(self) -> Labels:
        """One event for each entity."""
        return Labels(events=frozenset(map(label, self.entities)))

    def setup(self) -> None:
        """Import the recognizers and compile their expressions: about three seconds."""
        from gemsieve.filters.pii.scanner import load

        load(tuple(self.entities))

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the findings of each text, in the order of the batch and of the text."""
        from gemsieve.filters.pii.scanner import load

        hits = load(tuple(self.entities)).hits
        return [
            [Finding(label(h.entity), h.score, (h.start, h.end)) for h in hits(text)]
            for text in batch.texts
        ]


@cache
def versions() -> str:
    """Return `1+presidio-analyzer-2.2.366...`, from what is installed."""
    return "+".join(["1", *(f"{name}-{metadata.version(name)}" for name in LIBRARIES)])
