"""The cases of the functional tests: classes of sentences, filled in for every group alike."""

from __future__ import annotations

import csv
import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from functional_spelling import misspelt

TABLE = Path(__file__).with_name("toxicity_functional.toml")
PLACEHOLDER = re.compile(r"(\b[Aa] )?\{(\w+)\}")
GROUP = "group_"
QUOTED = ("negative_attributes", "dehumanisation", "hostile_opinion", "exclusion")

Words = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Class:
    """What is asked of a detector, by sentences that a reader would all judge alike.

    Attributes:
        kinds: Kinds of toxicity, as in `toxicity.KIND`, that a reader would see in them.
        contrast: The class of the other polarity that looks most like this one.
        way: How the sentences are misspelt, if they are.
    """

    name: str
    about: str
    toxic: bool
    contrast: str
    skeletons: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    way: str | None = None


@dataclass(frozen=True)
class Suite:
    """The whole table; `groups` holds, by `AXIS.GROUP`, its plural, adjective and singular."""

    classes: tuple[Class, ...]
    groups: Mapping[str, Mapping[str, str]]
    fill: Words
    listed: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Case:
    """One sentence; `group` is `AXIS.GROUP`, or None where no group is filled in."""

    text: str
    group: str | None


def load(path: Path = TABLE) -> Suite:
    """Read the table; every way of misspelling adds a class of each polarity."""
    table = tomllib.loads(path.read_text("utf-8"))
    written = [
        Class(**{**c, "skeletons": tuple(c["skeletons"]), "kinds": tuple(c.get("kinds", ()))})
        for c in table["class"]
    ]
    groups = {
        f"{axis}.{g}": words for axis, of in table["groups"].items() for g, words in of.items()
    }
    spelt = spellings(table["spelling"], {c.name: c for c in written})
    return Suite((*written, *spelt), groups, table["fill"], table["listed"])


def spellings(table: Mapping[str, list[str]], known: Mapping[str, Class]) -> Iterator[Class]:
    """Yield the misspelt classes, which take a skeleton of each source in turn."""
    for way in table["ways"]:
        for toxic, other in (("toxic", "harmless"), ("harmless", "toxic")):
            sources = [known[name] for name in table[toxic]]
            count = len(sources[0].skeletons)
            yield Class(
                name=f"{way}_{toxic}",
                about=f"{way.replace('_', ' ')} in {toxic} sentences of other classes",
                toxic=toxic == "toxic",
                contrast=f"{way}_{other}",
                skeletons=tuple(sources[i % len(sources)].skeletons[i] for i in range(count)),
                kinds=("identity_attack",) if toxic == "toxic" else (),
                way=way,
            )


def listed(suite: Suite, data: Path) -> dict[str, list[str]]:
    """Read the words that are not in the table from two published lists.

    A noun is a word whose plural is listed too. Source: Surge AI's profanity list (MIT) and the
    LDNOOBW list (CC BY 4.0), in the folders `words_surge_profanity` and `words_ldnoobw`.
    """
    with (data / "words_surge_profanity/profanity_en.csv").open(encoding="utf-8") as lines:
        rows = {row["text"].lower(): row for row in csv.DictReader(lines)}
    others = (data / "words_ldnoobw/en.txt").read_text("utf-8").lower().splitlines()
    found: dict[str, list[str]] = {}
    for name, wanted in suite.listed.items():
        if "mask" in wanted:
            mask = re.compile(wanted["mask"])
            found[name] = sorted(w for w in {*rows, *others} if w.isalpha() and mask.fullmatch(w))
            continue
        found[name] = sorted(
            f"{word}s" if wanted.get("plural") else word
            for word, row in rows.items()
            if word.isalpha()
            and f"{word}s" in rows
            and row["category_1"] in wanted["categories"]
            and float(row["severity_rating"]) >= wanted["severity"]
        )
    return found


def names(skeleton: str) -> list[str]:
    """Return the placeholders of a skeleton, each once, by place."""
    return list(dict.fromkeys(match[2] for match in PLACEHOLDER.finditer(skeleton)))


def filled(skeleton: str, values: Mapping[str, str]) -> str:
    """Return the sentence; "a" before a vowel becomes "an", its first letter a capital."""

    def fill(match: re.Match[str]) -> str:
        value, article = values[match[2]], match[1] or ""
        return article.replace(" ", "n " if value[0] in "aeiou" else " ") + value

    text = PLACEHOLDER.sub(fill, skeleton)
    return re.sub(r"[^\W\d_]", lambda first: first[0].upper(), text, count=1)


def cases(suite: Suite, one: Class, words: Words, seed: int) -> list[Case] | None:
    """Return the sentences of a class, None if it needs words that were not given.

    Every skeleton is filled once for each group, with the same words beside it: the groups differ
    in nothing else. Where it names none, as many different fillings are drawn as there are groups.
    """
    needed = {name for s in one.skeletons for name in names(s) if not name.startswith(GROUP)}
    if not all(words.get(name) for name in needed - {"hostile"}):
        return None
    found = []
    for skeleton in one.skeletons:
        rng = random.Random(f"{seed}/{one.name}/{skeleton}")
        some = grouped if grouping(skeleton) else drawn
        for case in some(suite, skeleton, words, rng):
            text = misspelt(case.text, one.way, rng) if one.way else case.text
            found.append(Case(text, case.group))
    return found


def grouping(skeleton: str) -> bool:
    """Say whether a skeleton is filled with every group."""
    return GROUP in skeleton or "{hostile}" in skeleton


def drawn(suite: Suite, skeleton: str, words: Words, rng: random.Random) -> Iterator[Case]:
    """Yield different fillings, as many as there are groups, or all there are."""
    blanks = names(skeleton)
    every = list(product(*(words[name] for name in blanks)))
    for chosen in rng.sample(every, min(len(every), len(suite.groups))):
        yield Case(filled(skeleton, dict(zip(blanks, chosen, strict=True))), None)


def grouped(suite: Suite, skeleton: str, words: Words, rng: random.Random) -> Iterator[Case]:
    """Yield the sentence for every group, otherwise the same."""
    values = {name: rng.choice(words[name]) for name in names(skeleton) if name in words}
    said = rng.choice([s for c in suite.classes if c.name in QUOTED for s in c.skeletons])
    inner = {name: rng.choice(words[name]) for name in names(said) if name in words}
    for group, forms in suite.groups.items():
        terms = {f"{GROUP}{form}": term for form, term in forms.items()}
        hostile = filled(said, inner | terms).rstrip(".")
        yield Case(filled(skeleton, values | terms | {"hostile": hostile}), group)
