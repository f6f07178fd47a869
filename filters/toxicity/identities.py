"""Words for people by axis of identity, and how a sentence takes one in."""

from __future__ import annotations

import json
import random
import re
import tomllib
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

TABLE = tomllib.loads(
    files("gemsieve.filters.toxicity").joinpath("identities.toml").read_text("utf-8")
)
SLOTS = ("{adjective}", "{one}", "{many}")
GENDERED = frozenset({"gender", "sex"})  # "female man" would be odd
# The axes of HolisticBias (Smith et al., arXiv:2205.09209, CC BY-SA 4.0) under ours. Its terms are
# read where the recipe runs and are in no file of this project.
DESCRIPTORS = {
    "ability": "disability",
    "age": "age",
    "gender_and_sex": "gender",
    "nationality": "nationality",
    "race_ethnicity": "race",
    "religion": "religion",
    "sexual_orientation": "orientation",
    "socioeconomic_class": "class",
}
REFUSED = frozenset({"dispreferred", "polarizing"})  # by those it names: no word for a neighbour

Noun = tuple[str, str]  # singular, plural


@dataclass(frozen=True)
class Term:
    """One word for people: an adjective, or a noun in singular and plural."""

    adjective: str = ""
    noun: Noun = ("", "")

    def forms(self, person: Noun) -> dict[str, str]:
        """Return what each slot becomes; an adjective stands before a word for a person."""
        if not self.adjective:
            return {"one": self.noun[0], "many": self.noun[1]}
        one, many = (f"{self.adjective} {word}" for word in person)
        return {"adjective": self.adjective, "one": one, "many": many}


@dataclass(frozen=True)
class Axis:
    """The terms of one axis, and the words for a person that its adjectives may stand before."""

    name: str
    adjectives: tuple[Term, ...]
    nouns: tuple[Term, ...]
    persons: tuple[Noun, ...]

    def fitting(self, skeleton: str) -> tuple[Term, ...]:
        """Return the terms that fill a skeleton: only an adjective fills `{adjective}`."""
        return self.adjectives if "{adjective}" in skeleton else (*self.adjectives, *self.nouns)

    def person(self, rng: random.Random) -> Noun:
        """Draw a word for a person."""
        return rng.choice(self.persons)


def pair(text: str) -> Noun:
    """Read "singular/plural"."""
    one, many = text.split("/")
    return one, many


def axis(name: str, table: dict[str, list[str]]) -> Axis:
    """Read one axis."""
    return Axis(
        name,
        tuple(Term(adjective=word) for word in table["adjectives"]),
        tuple(Term(noun=pair(words)) for words in table["nouns"]),
        tuple(pair(words) for words in TABLE["neutral" if name in GENDERED else "persons"]),
    )


AXES = {name: axis(name, table) for name, table in TABLE["axes"].items()}


def kept_back() -> frozenset[str]:
    """Return the words that training never sees: the last adjective and noun of each axis."""
    held = [a.adjectives[-1].adjective for a in AXES.values()]
    held += [form for a in AXES.values() for form in a.nouns[-1].noun]
    return frozenset(word.lower() for word in held)


def words() -> frozenset[str]:
    """Return all our words for people, in small letters."""
    terms = [term for a in AXES.values() for term in (*a.adjectives, *a.nouns)]
    return frozenset(word.lower() for term in terms for word in (term.adjective, *term.noun))


def trained_axes(data: Path | None) -> dict[str, Axis]:
    """Return the axes for training: last terms kept back, published descriptors added.

    Args:
        data: The folder that holds `bias_holistic_descriptors`; None takes our own terms alone.

    Raises:
        FileNotFoundError: The folder holds no such list; names it.
    """
    axes = {
        name: replace(a, adjectives=a.adjectives[:-1], nouns=a.nouns[:-1])
        for name, a in AXES.items()
    }
    held = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(kept_back())))})\b", re.IGNORECASE)
    for theirs, words in (descriptors(data) if data else {}).items():
        ours = axes[DESCRIPTORS[theirs]]
        known = {term.adjective for term in ours.adjectives}
        more = [Term(w) for w in words if w not in known and not held.search(w)]
        often = 1 + len(more) // len(ours.adjectives)  # half of the draws stay with our own
        axes[ours.name] = replace(
            ours, adjectives=(*ours.adjectives * often, *more), nouns=ours.nouns * often
        )
    return axes


def descriptors(data: Path) -> dict[str, list[str]]:
    """Read the published adjectives of the axes that are ours too, less the disliked ones."""
    path = data / "bias_holistic_descriptors" / "descriptors.json"
    table = json.loads(path.read_text("utf-8"))
    found: dict[str, list[str]] = {}
    for name in DESCRIPTORS:
        entries = [e for some in table[name].values() for e in some]
        known = [{"descriptor": e} if isinstance(e, str) else e for e in entries]
        found[name] = [e["descriptor"] for e in known if e.get("preference") not in REFUSED]
    return found


def in_sentence(skeleton: str, term: Term, person: Noun) -> str:
    """Fill the identity slots of a skeleton, with the articles and the capital that they take."""
    text = skeleton
    for slot, words in term.forms(person).items():
        text = text.replace(f"{{{slot}}}", words)
    return capital(with_articles(text))


def with_articles(text: str) -> str:
    """Write "an" before a vowel's sound and "a" before any other."""
    text = re.sub(r"\b(a)n? (?=[aeiou]|hour|honest)", r"\1n ", text, flags=re.IGNORECASE)
    other = r"eu|uni|use|one\b|(?!hour|honest)[^\Waeiou]"
    return re.sub(rf"\b(a)n (?={other})", r"\1 ", text, flags=re.IGNORECASE)


def capital(text: str) -> str:
    """Return the text with its first letter large."""
    return text[:1].upper() + text[1:]


def has_identity(skeleton: str) -> bool:
    """Tell whether a skeleton names a group."""
    return any(slot in skeleton for slot in SLOTS)
