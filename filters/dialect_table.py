"""The table of dialect features: patterns, what they are worth, and who described them."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

# How distinctive a feature is of its dialect, by description; the numbers were not fitted to data.
SCORES: Mapping[str, float] = {"own": 1.0, "shared": 0.5}

PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
# What a space, a possible apostrophe and a certain one may be in a text; in what the scanner sees,
# signs outside Latin-1 are "?".
WHITE = r"[\s\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]{1,2}"
SIGNS = {" ": WHITE, "'": "['’‘ʼ]?", "`": "['’‘ʼ]"}
PROJECTED = {" ": r"[\s\x85\xa0?]{1,2}", "'": "['?]?", "`": "['?]"}


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature.

    Attributes:
        label: `dialect.DIALECT.FEATURE`.
        score: How distinctive it is: 1.0 or 0.5.
        gate: What the scanner looks for; it matches wherever the pattern does.
        pattern: What matches it, and nothing inside a longer word.
        after: Words, without apostrophes, right after which it does not count.
    """

    label: str
    score: float
    gate: str
    pattern: re.Pattern[str]
    after: frozenset[str]


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """All features, and the digest (hex) of their file."""

    features: tuple[Feature, ...]
    sha256: str


@cache
def feature_table() -> FeatureTable:
    """Read the table that ships with the package, once in a process."""
    data = (resources.files("gemsieve.filters") / "dialect_features.toml").read_bytes()
    table = tomllib.loads(data.decode())
    features = (
        feature(name, row, table["words"], table["after"])
        for name, row in table["features"].items()
    )
    return FeatureTable(tuple(features), hashlib.sha256(data).hexdigest())


def feature(
    name: str,
    row: Mapping[str, Any],
    words: Mapping[str, Sequence[str]],
    after: Mapping[str, Sequence[str]],
) -> Feature:
    """Build one feature from its row."""
    filled = PLACEHOLDER.sub(lambda found: f"(?:{'|'.join(words[found[1]])})", row["pattern"])
    return Feature(
        label=f"dialect.aae.{name}",
        score=SCORES[row["score"]],
        gate=rf"\b{translated(filled, PROJECTED)}",
        # Letters are ASCII's, as the scanner sees them: no "ſ" for an "s".
        pattern=re.compile(rf"(?<!\w)(?ai:{translated(filled, SIGNS)})(?!\w)"),
        after=frozenset(
            word.replace("'", "") for each in row.get("after", []) for word in after[each]
        ),
    )


def translated(pattern: str, signs: Mapping[str, str]) -> str:
    """Return a pattern of the table as a regular expression."""
    return "".join(signs.get(character, character) for character in pattern)
