"""The term table of identity mentions: which words name which group, and what they need beside."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """How a term counts; what the kinds are for stands at the head of the table.

    Attributes:
        capital: It must begin with a capital.
        alone: Its score without a person word beside it; 0 when it then does not count.
        predicate: It counts when said of a person by a verb: "I am deaf."
        collective: It counts as a noun after "the": "the deaf".
    """

    capital: bool = False
    alone: float = 0.0
    predicate: bool = False
    collective: bool = False


# A weaker context than a sure one; the number says only that, it was not fitted to data.
WEAK = 0.7

ALWAYS = Kind(alone=1.0)
NAMED = Kind(capital=True, alone=1.0)
DEMONYM = Kind(capital=True, alone=WEAK)
KINDS: Mapping[str, Kind] = {
    "always": ALWAYS,
    "named": NAMED,
    "likely": Kind(alone=WEAK),
    "demonym": DEMONYM,
    "adjective": Kind(predicate=True),
    "collective": Kind(predicate=True, collective=True),
}


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase, in lower case with single spaces; without a label it names no group."""

    words: str
    label: str | None
    kind: Kind

    def overrides(self, inner: Term) -> bool:
        """Say whether a term that stands inside this one does not count by itself."""
        return self.label is None or inner.label is None or origin(self) == origin(inner)


def origin(term: Term) -> str:
    """Return the axis of a term; race and nationality are one: "African American"."""
    axis = (term.label or "").split(".")[1]
    return "race_ethnicity" if axis == "nationality" else axis


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The whole table: the terms, and the words that tell their senses apart.

    Attributes:
        people: Words for persons.
        fillers: Words that may stand between a term and a word for persons.
        things: Words before which no term is said of persons.
        tongue: Words after which a demonym names a language.
        sha256: Digest (hex) of the file.
    """

    terms: tuple[Term, ...]
    people: frozenset[str]
    fillers: frozenset[str]
    things: frozenset[str]
    tongue: frozenset[str]
    sha256: str

    @property
    def labels(self) -> frozenset[str]:
        """Every label of the table."""
        return frozenset(term.label for term in self.terms if term.label)


@cache
def lexicon() -> Lexicon:
    """Read the table that ships with the package, once in a process."""
    data = (resources.files("gemsieve.filters") / "identity_terms.toml").read_bytes()
    table = tomllib.loads(data.decode())
    found = (*terms(table["groups"]), *(Term(words, None, ALWAYS) for words in table["never"]))
    named = {t.words for t in found if t.label and t.kind in (ALWAYS, NAMED) and " " not in t.words}
    return Lexicon(
        terms=found,
        people=frozenset(table["people"]) | named,
        fillers=frozenset(table["fillers"]),
        things=frozenset(table["things"]),
        tongue=frozenset(table["tongue"]),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def terms(groups: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[Term]:
    """Yield the terms of the groups of each axis."""
    for axis, by_group in groups.items():
        for group, by_kind in by_group.items():
            for kind, listed in by_kind.items():
                for words in listed:
                    yield Term(words, f"identity.{axis}.{group}", KINDS[kind])
