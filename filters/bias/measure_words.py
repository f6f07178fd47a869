"""The closed lists of words that a corpus is measured by: nothing else ever reaches a report."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

FEMALE, MALE = "gendered.female", "gendered.male"
PRONOUNS = ("he", "himself")  # counted by themselves
SIDES = {"she": FEMALE, "he": MALE}  # a pronoun speaks of a gender as a gendered word does


@dataclass(frozen=True, slots=True)
class Word:
    """What a word of the lists is counted as.

    Attributes:
        name: Such as `occupation.nurse`, `trait.friendly`, `pronoun.she` or `gendered.female`.
        also: What a sentence with it has as well: a trait's pole (`pole.warmth.high`), or the
            gender that a pronoun speaks of.
    """

    name: str
    also: str | None = None


@dataclass(frozen=True, slots=True)
class Lists:
    """All lists as one: what a word in lower case is counted as; and the digest of the file."""

    words: Mapping[str, Word]
    sha256: str

    def named(self, kind: str) -> list[str]:
        """Return the names of one kind, such as `occupation`, sorted."""
        return sorted({w.name for w in self.words.values() if w.name.startswith(f"{kind}.")})

    def poles(self) -> list[str]:
        """Return the poles of the traits, in the order of the file."""
        found = (w.also for w in self.words.values() if w.also and w.also.startswith("pole."))
        return list(dict.fromkeys(found))


@cache
def lists() -> Lists:
    """Read the lists that ship with the package, once a process.

    Raises:
        ValueError: A word stands in two lists.
    """
    data = (resources.files("gemsieve.filters.bias") / "measure_words.toml").read_bytes()
    words: dict[str, Word] = {}
    for form, word in entries(tomllib.loads(data.decode())):
        if words.setdefault(form, word) != word:
            raise ValueError(f"measure_words.toml: {form!r} stands in two lists")
    return Lists(words, hashlib.sha256(data).hexdigest())


def entries(table: Mapping[str, Any]) -> Iterator[tuple[str, Word]]:
    """Yield every form of every list with what it is counted as."""
    for occupation in table["occupations"]:
        word = Word(f"occupation.{occupation}")
        yield occupation, word
        yield plural(occupation), word
    for pronoun, forms in table["pronouns"].items():
        for form in forms:
            yield form, Word(f"pronoun.{pronoun}", SIDES.get(pronoun))
    for forms, side in zip(gendered(table["gendered"]), (MALE, FEMALE), strict=True):
        for form in forms:
            yield form, Word(side)
    for trait, by_pole in table["traits"].items():
        for pole, forms in by_pole.items():
            for form in forms:
                yield form, Word(f"trait.{form}", f"pole.{trait}.{pole}")


def gendered(table: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return male and female words: the pairs of gender augmentation, with what the table says."""
    file = resources.files("gemsieve.filters.bias") / "gender_terms.toml"
    pairs = tomllib.loads(file.read_text("utf-8"))["pairs"]
    left_out = {*table["anyone"], *PRONOUNS}
    told = [(male, female) for male, female in pairs if male not in left_out]
    return {male for male, _ in told} | {*table["male"]}, {f for _, f in told} | {*table["female"]}


def plural(noun: str) -> str:
    """Return the plural of a regular English noun, and of those in -man and -wife."""
    if noun.endswith("wife"):
        return noun[:-2] + "ves"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")
