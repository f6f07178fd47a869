"""What an operator is: what writes over a finding; and an edit, one that is to be carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gemsieve.filters.finding import Finding, Span
from gemsieve.filters.operators.key import Key

# How much of a value an operator gives away, from nothing on.
Order = tuple[int, int, str]

NONE: frozenset[str] = frozenset()


class Operator(Protocol):
    """A pure function from the words of a finding to what is written in their place.

    Equal words, entity and key give equal text, so that batches, streams and later runs agree.
    """

    @property
    def name(self) -> str:
        """The word that policies and manifests use; Presidio's where it has one."""

    @property
    def keyed(self) -> bool:
        """Whether it needs a key."""

    @property
    def shows(self) -> bool:
        """Whether it may leave some of the words as they are."""

    @property
    def marked(self) -> frozenset[str]:
        """Entities for which every sign that it writes is fixed or carries the key's mark."""

    @property
    def order(self) -> Order:
        """Sorts operators by what they reveal, the least first; equal for equal ones alone."""

    def __call__(self, word: str, entity: str, key: Key | None, /) -> str:
        """Return what is written for a word, found as an entity such as `EMAIL_ADDRESS`."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A finding with a place, and the operator that writes over it."""

    finding: Finding
    operator: Operator

    @property
    def span(self) -> Span:
        """The place; empty, and so refused, for a finding about the whole text."""
        return self.finding.span or (0, 0)

    @property
    def entity(self) -> str:
        """What was found, in Presidio's form."""
        return entity(self.finding.label)

    def written(self, text: str, key: Key | None) -> str:
        """Return what stands in the place of the finding's words in a text."""
        return self.operator(text[slice(*self.span)], self.entity, key)

    def stands(self, text: str, key: Key | None) -> bool:
        """Say whether what was found in a text is what the operator writes, and all of it.

        What shows some of a value is not safe because it has been written: it was found again.
        """
        return not self.operator.shows and self.written(text, key) == text[slice(*self.span)]


def entity(label: str) -> str:
    """Return what a label is about, in Presidio's form: `EMAIL_ADDRESS`."""
    return label.rsplit(".", 1)[-1].upper()


def placeholder(entity: str) -> str:
    """Return what stands for a redacted finding, as Presidio writes it: `<EMAIL_ADDRESS>`."""
    return f"<{entity}>"


def given(key: Key | None) -> Key:
    """Return the key that a keyed operator needs; a filter has loaded it by then."""
    if key is None:
        raise ValueError("this operator needs a key")
    return key
