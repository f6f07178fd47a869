"""The words of counterfactual gender augmentation, by the part they play."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class Her:
    """The words that tell "her" for "him" from "her" for "his"; the table says what each is."""

    closed: Words
    causing: Words
    bare: Words
    making: Words
    states: Words
    perceiving: Words
    not_adverbs: Words
    ends: Words


@dataclass(frozen=True, slots=True)
class GenderTable:
    """What is written for what, all in lower case.

    Attributes:
        nouns: Each word to its counterpart; also "he" and "himself".
        titles: What stands before a name, with a capital.
        address: The same words and others, where no name follows.
        names: First names.
        phrases: What matches a phrase whose words stay.
        biology: What matches a word of a text that is left alone.
        before: Words after which a first name is part of another name.
        openers: Words whose capital says only that a sentence begins.
        her: How "her" is read.
        sha256: Digest (hex) of the file.
    """

    nouns: Mapping[str, str]
    titles: Mapping[str, str]
    address: Mapping[str, str]
    names: Mapping[str, str]
    phrases: re.Pattern[str]
    biology: re.Pattern[str]
    before: Words
    openers: Words
    her: Her
    sha256: str


@cache
def gender_table() -> GenderTable:
    """Read the table that ships with the package, once in a process."""
    data = (resources.files("gemsieve.filters.bias") / "gender_terms.toml").read_bytes()
    table: dict[str, Any] = tomllib.loads(data.decode())
    names = table["names"]
    return GenderTable(
        nouns=both_ways(table["pairs"]) | table["one_way"],
        titles={word.lower(): other.lower() for word, other in table["titles"].items()},
        address=table["address"],
        names=both_ways(names["pairs"]),
        phrases=whole_words(table["texts"]["phrases"]),
        biology=whole_words(table["texts"]["biology"]),
        before=frozenset(names["before"]),
        openers=frozenset(names["openers"]),
        her=Her(**{part: frozenset(words) for part, words in table["her"].items()}),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def both_ways(pairs: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return each word of the pairs to the other, in lower case."""
    lowered = [(one.lower(), other.lower()) for one, other in pairs]
    return dict(lowered) | {other: one for one, other in lowered}


def whole_words(listed: Sequence[str]) -> re.Pattern[str]:
    """Return what matches any of the phrases, a space being any one white space or hyphen."""
    gapped = (r"[\s-]".join(map(re.escape, phrase.split())) for phrase in listed)
    return re.compile(rf"(?<!\w)(?:{'|'.join(gapped)})(?!\w)", re.IGNORECASE)
