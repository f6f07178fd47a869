"""The report's drill-down: fates and reasons by source and language, and reasons by group.

Three tables whose lines a reader filters and sorts. Sources beyond the largest share a line, and a
table has a largest length, so that the page stays small however many sources there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gemsieve.pipeline.report.counts import OUTCOMES, Counts, ranked, summed
from gemsieve.pipeline.tally import Tally

SOURCES = 50  # with lines of their own
LINES = 1000  # of one table
UNTOLD = "not told"  # the language of a text in which none has half of the probability


@dataclass(frozen=True)
class Fate:
    """The judged records of one source and language, by outcome."""

    source: str
    language: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """Judged records."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Cause:
    """Records that share a label as the reason for an action, of `whole` records like them."""

    place: tuple[str, ...]
    label: str
    action: str
    records: int
    whole: int


@dataclass(frozen=True)
class Drill:
    """What the section shows; a table's lines beyond `LINES` are `left`, by table.

    Attributes:
        fates: By source and language, the most records first.
        causes: By source and language: their `place` holds both.
        blamed: By group: their `place` is its label.
        others: How many sources share a line.
    """

    fates: Sequence[Fate]
    causes: Sequence[Cause]
    blamed: Sequence[Cause]
    left: Mapping[str, int]
    others: int


def drill(tally: Tally) -> Drill:
    """Return the tables of a tally."""
    names = folded(tally.outcomes)
    fates = fates_of(tally, names)
    whole = {(fate.source, fate.language): fate.total for fate in fates}
    causes = causes_of(tally, names, whole)
    mentioned = {label: n for (label,), n in summed(tally.mentions, 0).items()}
    blamed = in_order(
        Cause((group,), label, action, n, mentioned[group])
        for (group, label, action), n in tally.blamed.items()
    )
    tables: dict[str, Sequence[object]] = {"fates": fates, "causes": causes, "blamed": blamed}
    return Drill(
        fates=fates[:LINES],
        causes=causes[:LINES],
        blamed=blamed[:LINES],
        left={name: max(0, len(lines) - LINES) for name, lines in tables.items()},
        others=len(names) - min(len(names), SOURCES),
    )


def folded(outcomes: Counts) -> dict[str, str]:
    """Return each source's name in the tables: its own, or that of all beyond the largest."""
    order = [name for name, _ in ranked(outcomes)]
    rest = f"{len(order) - SOURCES:,} other sources"
    return {name: name if place < SOURCES else rest for place, name in enumerate(order)}


def fates_of(tally: Tally, names: Mapping[str, str]) -> list[Fate]:
    """Return a line for each source and language with judged records."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for (source, language, outcome), n in tally.languages.items():
        counts[names[source], language or UNTOLD, outcome] += n
    found = [
        Fate(source, language, {o: counts[source, language, o] for o in OUTCOMES[:3]})
        for source, language in {key[:2] for key in counts}
    ]
    return sorted(found, key=lambda fate: (-fate.total, fate.source, fate.language))


def causes_of(
    tally: Tally, names: Mapping[str, str], whole: Mapping[tuple[str, str], int]
) -> list[Cause]:
    """Return a line for each source, language and reason."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for (source, label, action, language), n in tally.reasons.items():
        counts[names[source], language or UNTOLD, label, action] += n
    return in_order(
        Cause((source, language), label, action, n, whole[source, language])
        for (source, language, label, action), n in counts.items()
    )


def in_order(causes: Iterable[Cause]) -> list[Cause]:
    """Return causes, those of the most records first, ties by name."""
    return sorted(causes, key=lambda c: (-c.records, c.place, c.label, c.action))
