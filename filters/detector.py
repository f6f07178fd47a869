"""What a detector is: a pure function from a batch to findings, with its labels declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from gemsieve.filters.finding import Batch, Finding

PROBABILITY = (0.0, 1.0)


@dataclass(frozen=True)
class Labels:
    """Every label that a detector may ever emit, by what it owes.

    Attributes:
        measures: Owed once for every text, as a whole-text finding; with the range of the value.
        choices: A classification: at least one of them is owed for every text. They share the
            part before the dot, which names the column that the best of them fills.
        events: May be absent, or many.
    """

    measures: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    choices: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Return every label with the range of its score."""
        return {
            **self.measures,
            **dict.fromkeys(sorted(self.choices | self.events), PROBABILITY),
        }

    def probabilities(self) -> tuple[str, ...]:
        """Return the labels whose scores are probabilities, in the order of `ranges`."""
        return tuple(label for label, span in self.ranges().items() if span == PROBABILITY)

    def owed(self) -> tuple[frozenset[str], ...]:
        """Return the groups of labels of which each text must show at least one."""
        single = tuple(frozenset({label}) for label in self.measures)
        return (*single, self.choices) if self.choices else single

    def column(self) -> str | None:
        """Return the column that the best choice fills, or None where there are no choices."""
        return next((label.split(".")[0] for label in self.choices), None)


class Detector(Protocol):
    """Finds, does not decide, and is pure: the text and its columns alone make the findings."""

    @property
    def name(self) -> str:
        """The word that policies and manifests use."""

    @property
    def version(self) -> str:
        """Changes whenever findings may change."""

    @property
    def weights(self) -> str:
        """SHA-256 (hex) of the model it loads, or "" when there is none."""

    @property
    def labels(self) -> Labels:
        """All it may ever emit."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Columns it reads when they are there; it runs after whoever fills them."""

    def setup(self) -> None:
        """Load models, once in a process; a call before it loads them too."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the findings of each text, in the order of the batch."""


@runtime_checkable
class Answering(Protocol):
    """What a detector has beside, if it can be asked anything about a text."""

    def answer(self, questions: Sequence[str], text: str) -> list[float]:
        """Return how probably the answer to each question about a text is Yes.

        Raises:
            ValueError: A question and the text are more than it can read at once.
        """
