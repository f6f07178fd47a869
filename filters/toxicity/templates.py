"""Sentences for training, written for the purpose: a group's name must tell nothing by itself.

A skeleton is filled with everything but the group; the frame that results is then said of one term
of every axis of identity. So the same sentence, harmless or hostile, names them all alike.
"""

from __future__ import annotations

import csv
import random
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from gemsieve.filters.toxicity import identities
from gemsieve.filters.toxicity.identities import Axis, capital, in_sentence, with_articles
from gemsieve.filters.toxicity.misspell import careless, misspelt

SLOT = re.compile(r"\{(\w+)\}")
MISSPELT = 0.08  # of all rows, harmless and hostile
CARELESS = 0.25
SURROUNDED = 0.2
QUOTABLE = ("derogation", "dehumanisation", "exclusion", "stereotype", "incitement", "rhetorical")
# Categories of the list of profanities whose words are said of people for what they are.
SLURS = frozenset({"racial / ethnic slurs", "sexual orientation / gender", "religious offense"})
HARMLESS_KINDS = {"insult": False, "threat": False, "identity_attack": False}


class Sentence(NamedTuple):
    """A row: the text, whether it is toxic, and the sub-labels that are certain."""

    text: str
    toxic: bool
    kinds: Mapping[str, bool]


@dataclass(frozen=True)
class Class:
    """Skeletons of one kind of sentence.

    Attributes:
        share: Its part of the rows, against the other classes' shares.
    """

    name: str
    toxic: bool
    skeletons: tuple[str, ...]
    kinds: Mapping[str, bool]
    share: float = 1.0


def table(name: str) -> dict[str, Any]:
    """Read one of the tables beside this file."""
    return tomllib.loads(files("gemsieve.filters.toxicity").joinpath(name).read_text("utf-8"))


def classes(names: Sequence[str], toxic: bool) -> tuple[Class, ...]:
    """Read the classes of some files."""
    return tuple(
        Class(
            title,
            toxic,
            tuple(entry["skeletons"]),
            entry.get("kinds", {}) if toxic else HARMLESS_KINDS,
            float(entry.get("share", 1)),
        )
        for name in names
        for title, entry in table(name).items()
    )


HARMLESS = classes(("harmless.toml", "harmless_else.toml"), toxic=False)
HOSTILE = classes(("hostile.toml", "hostile_else.toml"), toxic=True)
FILLERS: dict[str, list[str]] = table("fillers.toml")


@dataclass(frozen=True)
class Writer:
    """Writes rows from skeletons.

    Attributes:
        axes: The terms of each axis of identity.
        slurs: Words for `{slur}`; with none, classes that need one write nothing.
        without: Names of classes that are left out, in quotations too.
    """

    axes: Mapping[str, Axis] = field(default_factory=lambda: identities.trained_axes(None))
    slurs: Sequence[str] = ()
    without: Collection[str] = ()

    @cached_property
    def quotes(self) -> tuple[str, ...]:
        """Hostile skeletons that harmless ones may quote."""
        some = [c for c in HOSTILE if c.name in QUOTABLE and c.name not in self.without]
        return tuple(skeleton for kind in some for skeleton in kind.skeletons)

    def rows(self, rng: random.Random, count: int, chosen: Sequence[Class]) -> list[Sentence]:
        """Return about `count` rows of some classes, by their shares, as clean text."""
        usable = [c for c in chosen if c.name not in self.without]
        usable = [c for c in usable if self.slurs or not c.name.endswith("slur")]
        whole = sum(c.share for c in usable)
        rows: list[Sentence] = []
        for kind in usable:
            wanted = len(rows) + round(count * kind.share / whole)
            while len(rows) < wanted:
                rows.extend(self.frame(rng.choice(kind.skeletons), kind, rng))
        return rows

    def frame(self, skeleton: str, kind: Class, rng: random.Random) -> Iterator[Sentence]:
        """Yield one filled skeleton, said of a term of every axis where it names a group."""
        text = surrounded(skeleton, rng)
        for _ in range(2):  # a quotation brings slots of its own
            text = SLOT.sub(lambda slot: self.filler(slot, rng), text)
        if not identities.has_identity(text):
            text = capital(with_articles(text))
            yield Sentence(text, kind.toxic, {**kind.kinds, **profanity(text, skeleton)})
            return
        for axis in self.axes.values():
            term = rng.choice(axis.fitting(text))
            said = in_sentence(text, term, axis.person(rng))
            yield Sentence(said, kind.toxic, {**kind.kinds, **profanity(said, skeleton)})

    def filler(self, slot: re.Match[str], rng: random.Random) -> str:
        """Return what a slot becomes; slots that name a group stay."""
        name = slot[1]
        if slot[0] in identities.SLOTS:
            return slot[0]
        if name == "quote":
            return rng.choice(self.quotes).rstrip(".")
        if name in {"slur", "slurs"}:
            return rng.choice(self.slurs) + "s" * (name == "slurs")
        return rng.choice(FILLERS[name])


def surrounded(skeleton: str, rng: random.Random) -> str:
    """Return the skeleton, sometimes with something before or after it that says nothing."""
    chance = rng.random()
    if chance < SURROUNDED / 2:
        return f"{rng.choice(FILLERS['opening'])} {skeleton}"
    return f"{skeleton} {rng.choice(FILLERS['closing'])}" if chance < SURROUNDED else skeleton


def profanity(text: str, skeleton: str) -> dict[str, bool]:
    """Tell whether a row is profane, where that is certain."""
    words = set(re.findall(r"\w+", text.lower()))
    if words.intersection(FILLERS["profane"]):
        return {"profanity": True}
    doubtful = "{slur" in skeleton or words.intersection(FILLERS["doubtful"])
    return {} if doubtful else {"profanity": False}


def slurs(data: Path) -> list[str]:
    """Read single words of abuse for what people are, from the list of profanities; sorted.

    Words that people also have for themselves, our terms and the published ones, are left out.

    Raises:
        FileNotFoundError: The folder holds no such list; names it.
    """
    with (data / "words_surge_profanity" / "profanity_en.csv").open(encoding="utf-8") as lines:
        rows = [r for r in csv.DictReader(lines) if r["category_1"] in SLURS]
    harsh = {r["canonical_form_1"] or r["text"] for r in rows if r["severity_rating"] >= "2"}
    kind = identities.words().union(*identities.descriptors(data).values())
    return sorted(w for w in harsh - kind if re.fullmatch(r"[a-z]{3,}[a-rt-z]", w))


def sentences(
    rng: random.Random, count: int, data: Path | None, without: Collection[str] = ()
) -> list[Sentence]:
    """Return about `count` rows for training, harmless and hostile ones in equal numbers.

    The folder of published word lists adds terms for people, and slurs for hostile rows and for
    reclaimed use; None does without. Classes may be left out, to see how a model does on them.
    """
    writer = Writer(identities.trained_axes(data), slurs(data) if data else (), without)
    rows = [row for some in (HARMLESS, HOSTILE) for row in writer.rows(rng, count // 2, some)]
    return [row._replace(text=respelt(row.text, rng)) for row in rows]


def respelt(text: str, rng: random.Random) -> str:
    """Return the text, sometimes in careless or odd spelling."""
    if rng.random() < CARELESS:
        text = careless(text, rng)
    return misspelt(text, rng) if rng.random() < MISSPELT else text
