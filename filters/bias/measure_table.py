"""What is measured: each measure as a function of a few sums, so that figures are made alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gemsieve.filters.bias.measure_counts import DOCUMENTS, PEOPLE, WORDS, Counts, Key
from gemsieve.filters.bias.measure_sample import ANY, GENERIC
from gemsieve.filters.bias.measure_scores import SCALE
from gemsieve.filters.bias.measure_words import FEMALE, MALE

PAIRS = 10  # mentions or co-occurrences: with fewer no interval would say anything
SCORED = 30  # what a mean or a share is of

Form = Literal["rate", "share", "mean", "npmi"]
PART, WHOLE = 0, 1


@dataclass(frozen=True)
class Measure:
    """One figure to be.

    Attributes:
        name: What is measured.
        of: Whose figure it is: a group, an occupation, a source; and what it is set beside.
        sums: What the figure is made of, each the sum of some keys. Of all forms but `npmi` it is
            the first over the second: a `rate` is small and its changes are told as ratios, a
            `share` is of the second itself, a `mean` may be negative.
        counted: Which of the sums must reach `least` for the figure to be told.
        scale: What the quotient is multiplied by.
    """

    name: str
    of: tuple[str, ...]
    form: Form
    sums: tuple[tuple[Key, ...], ...]
    counted: int
    least: int
    scale: float = 1.0


# Keys in the order in which their figures are told.
ORDER = (
    "documents",
    "sentences",
    "words",
    "people",
    "mentions",
    "document",
    "scored",
    "toxicity",
    "toxic",
    "sentiment",
    "both",
    "in",
    "said",
    "tokens",
    "generic",
)


def measures(counts: Counts) -> Iterator[Measure]:
    """Yield every measure of what was counted, in a fixed order."""
    for kind, *names in sorted(counts.sums, key=lambda key: (ORDER.index(key[0]), key)):
        match kind:
            case "mentions":
                yield from of_group(names[0])
            case "scored":
                yield from of_scores(names[0])
            case "both":
                yield association(*names)
            case "people":
                yield of_people()
            case "in" if names[0].startswith("occupation."):
                yield of_occupation(names[0])
            case "generic":
                yield of_generic(names[0])
            case "tokens":
                yield from of_source(names[0])
            case _:
                pass


def of_group(group: str) -> Iterator[Measure]:
    """Yield how often a group is mentioned."""
    mentions, documents = (("mentions", group),), (("document", group),)
    yield Measure("mentions", (group,), "rate", (mentions, (WORDS,)), PART, PAIRS, 1e6)
    yield Measure("documents", (group,), "share", (documents, (DOCUMENTS,)), PART, PAIRS)


def of_scores(key: str) -> Iterator[Measure]:
    """Yield how toxic and how pleasant the sentences of a sample are."""
    scored, toxic = (("scored", key),), (("toxic", key),)
    if key.startswith(GENERIC):
        group = key.removeprefix(GENERIC)
        yield Measure("generic_toxic", (group,), "share", (toxic, scored), WHOLE, SCORED)
        return
    for kind in ("toxicity", "sentiment"):
        yield Measure(kind, (key,), "mean", (((kind, key),), scored), WHOLE, SCORED, 1 / SCALE)
    yield Measure("toxic", (key,), "share", (toxic, scored), WHOLE, SCORED)


def association(one: str, other: str) -> Measure:
    """Return how a group or a gender goes with a trait, a pole or an occupation."""
    sums = ((("both", one, other),), (("in", one),), (("in", other),), (PEOPLE,))
    return Measure(other.split(".", 1)[0], (one, other), "npmi", sums, PART, PAIRS)


def of_occupation(occupation: str) -> Measure:
    """Return the share of female words where an occupation stands with words of a gender."""
    female, male = (("both", side, occupation) for side in (FEMALE, MALE))
    sums = ((female,), (female, male))
    return Measure("occupation_female", (occupation,), "share", sums, WHOLE, SCORED)


def of_people() -> Measure:
    """Return the same share over all sentences about people."""
    female, male = ("in", FEMALE), ("in", MALE)
    return Measure("occupation_female", (ANY,), "share", ((female,), (female, male)), WHOLE, SCORED)


def of_source(source: str) -> Iterator[Measure]:
    """Yield the pronouns and the gendered words of a source, or of all."""
    she, he, they = (("said", f"pronoun.{name}", source) for name in ("she", "he", "they"))
    female, male = (("said", side, source) for side in (FEMALE, MALE))
    for name, part, whole in (
        ("she", she, (she, he)),
        ("they", they, (she, he, they)),
        ("female_words", female, (female, male)),
    ):
        yield Measure(name, (source,), "share", ((part,), whole), WHOLE, SCORED)


def of_generic(group: str) -> Measure:
    """Return how many of the sentences that mention a group generalise about it."""
    sums = ((("generic", group),), (("in", group),))
    return Measure("generic", (group,), "rate", sums, PART, PAIRS, 1000)
