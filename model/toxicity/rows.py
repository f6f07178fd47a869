"""What the strong tier learns from: English rows with targets by label, none of them too many."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gemsieve.filters.toxicity.data import (
    DOUBTFUL,
    NATURAL,
    SOURCES,
    THREADS,
    Row,
    augmented,
    harmless,
    labelled,
)
from gemsieve.filters.toxicity.kinds import KINDS

LABELS = ("toxicity", *KINDS)
ENGLISH = tuple(source for source in SOURCES if source.language == "en")
MOST = 4_000  # rows of one class of one set in a pass; others have their turn in the next
MOST_NATURAL = 2_000
DOUBT = 0.2  # the target of a negative that was asked about one kind of abuse only
SMOOTH = 0.03  # how far a target stays from 0 and 1 (arXiv 1512.00567, section 7)
KIND_WEIGHT = 0.3  # of a kind's loss, beside 1 for toxicity
MOST_HARMLESS = 2_000
MOST_TEMPLATES = 10_000
PLAIN = ("harmless passages", "templates")


@dataclass(frozen=True, slots=True)
class Example:
    """A text with targets and weights, in the order of `LABELS`, and the number of its set."""

    text: str
    targets: tuple[float, ...]
    weights: tuple[float, ...]
    source: int


def names() -> list[str]:
    """Return the sets learned from, in the order of their numbers."""
    return [*(source.name for source in (*ENGLISH, THREADS)), *PLAIN]


def example(row: Row, source: int) -> Example:
    """Make an example; an unknown kind weighs nothing."""
    kinds = [row.kinds.get(kind) for kind in KINDS]
    doubtful = names()[source] == DOUBTFUL and not row.toxic
    toxicity = DOUBT if doubtful else row.target
    return Example(
        row.text,
        tuple(smoothed(t) for t in (toxicity, *(float(kind or 0.0) for kind in kinds))),
        (0.5 if doubtful else 1.0, *(KIND_WEIGHT * (kind is not None) for kind in kinds)),
        source,
    )


def smoothed(target: float) -> float:
    """Keep a target away from certainty."""
    return min(max(target, SMOOTH), 1 - SMOOTH)


def training(data: Path, seed: int) -> list[list[Example]]:
    """Return the training rows by set and class, each text once, in the order of the files."""
    rng = random.Random(seed)
    strata: list[list[Example]] = []
    for number, source in enumerate((*ENGLISH, THREADS)):
        rows = {row.text: row for row in labelled(data, source) if row.part == "train"}
        made = [(row, example(row, number)) for row in rows.values()]
        strata += [[one for row, one in made if row.toxic is kind] for kind in (True, False)]
    plain = harmless(data, rng), augmented(rng, data)
    for number, rows_ in zip((len(ENGLISH) + 1, len(ENGLISH) + 2), plain, strict=True):
        unique = {row.text: row for row in rows_ if row.text.isascii()}  # English only
        strata.append([example(row, number) for row in unique.values()])
    return strata


def most_of(stratum: Sequence[Example]) -> int:
    """Return how many rows of a stratum a pass shows."""
    name = names()[stratum[0].source] if stratum else ""
    else_most = {NATURAL: MOST_NATURAL, PLAIN[0]: MOST_HARMLESS, PLAIN[1]: MOST_TEMPLATES}
    return else_most.get(name, MOST)


def one_pass(strata: Sequence[Sequence[Example]], number: int, seed: int) -> list[Example]:
    """Return the examples of one pass, shuffled; a large stratum shows other rows each pass."""
    chosen: list[Example] = []
    for stratum in strata:
        most = most_of(stratum)
        order = list(stratum)
        random.Random(seed).shuffle(order)
        start = number * most % max(len(order), 1)
        chosen += (order + order)[start : start + most] if len(order) > most else order
    random.Random(f"{seed}/{number}").shuffle(chosen)
    return chosen
