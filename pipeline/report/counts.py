"""The report's counts: sums of a tally, sorted for people to read."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gemsieve.pipeline.tally import Tally
from gemsieve.pipeline.workers.heartbeat import Beat

Counts = Mapping[tuple[str, ...], int]

OUTCOMES = ("kept", "redacted", "dropped", "quarantined")
OF_GROUPS = ("identity", "dialect")
TOP = 20  # sources with a line of their own


@dataclass(frozen=True)
class Row:
    """One bar: a name and its records by outcome, all four."""

    name: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """Records in all."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Reason:
    """One label under one action: the records it was a reason for, and how many by source."""

    label: str
    action: str
    records: int
    sources: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Speed:
    """What the workers' last heartbeats add up to; seconds are summed over workers."""

    slices: int
    records: int
    characters: int
    bytes: int
    seconds: float
    median: float
    slowest: float

    def per_second(self, amount: int) -> float:
        """Return an amount by worker-second; 0 when no time was taken."""
        return amount / self.seconds if self.seconds else 0.0


def summed(counts: Counts, *places: int) -> Counter[tuple[str, ...]]:
    """Return the counts summed over every part of their keys but those at `places`."""
    sums: Counter[tuple[str, ...]] = Counter()
    for key, n in counts.items():
        sums[tuple(key[place] for place in places)] += n
    return sums


def ranked(counts: Counts) -> list[tuple[str, int]]:
    """Return the first part of each key with its sum, the largest first, ties by name."""
    sums = summed(counts, 0)
    return sorted(((key[0], n) for key, n in sums.items()), key=lambda item: (-item[1], item[0]))


def rows(counts: Counts) -> list[Row]:
    """Return a row for each name of (name, outcome) counts, the largest first, ties by name."""
    return [
        Row(name, {outcome: counts.get((name, outcome), 0) for outcome in OUTCOMES})
        for name, _ in ranked(counts)
    ]


def judged(tally: Tally) -> int:
    """Return how many records a policy decided about: all but the quarantined."""
    outcomes = tally.by_outcome()
    return outcomes.total() - outcomes["quarantined"]


def sources(tally: Tally) -> list[Row]:
    """Return the largest `TOP` sources and, where there are more, one row for all the others."""
    every = rows(tally.outcomes)
    if len(every) <= TOP + 1:
        return every
    rest = {o: sum(row.counts[o] for row in every[TOP:]) for o in OUTCOMES}
    return [*every[:TOP], Row(f"{len(every) - TOP:,} other sources", rest)]


def reasons(tally: Tally) -> list[Reason]:
    """Return every label under every action, the most frequent first."""
    by_source: defaultdict[tuple[str, str], Counter[tuple[str, ...]]] = defaultdict(Counter)
    for (source, label, action, _), n in tally.reasons.items():
        by_source[label, action][source,] += n
    found = [
        Reason(label, action, counts.total(), ranked(counts))
        for (label, action), counts in by_source.items()
    ]
    return sorted(found, key=lambda reason: (-reason.records, reason.label, reason.action))


def mentions(tally: Tally) -> list[Row]:
    """Return the labels of events but those of groups: personal data first, then the rest."""
    found = rows({k: n for k, n in tally.mentions.items() if k[0].split(".")[0] not in OF_GROUPS})
    return sorted(found, key=lambda row: not row.name.startswith("pii."))


def languages(tally: Tally) -> list[Row]:
    """Return the judged records by language, where one holds at least half of the probability."""
    found = rows(summed(tally.languages, 1, 2))
    return [row for row in found if row.name]


def stages_of(beats: Sequence[Beat]) -> dict[str, float]:
    """Return each stage's seconds over slices: reading, detectors by time, deciding, writing."""
    sums: defaultdict[str, float] = defaultdict(float)
    for beat in beats:
        for stage, seconds in beat.stages.items():
            sums[stage] += seconds
    order = {"read": 0, "decide": 2, "write": 3}
    return dict(sorted(sums.items(), key=lambda item: (order.get(item[0], 1), -item[1], item[0])))


def speed(beats: Sequence[Beat]) -> Speed:
    """Return the sums over slices, with the median and the largest of their seconds."""
    seconds = [beat.seconds for beat in beats]
    return Speed(
        slices=len(beats),
        records=sum(sum(beat.outcomes.values()) for beat in beats),
        characters=sum(beat.characters for beat in beats),
        bytes=sum(beat.bytes for beat in beats),
        seconds=sum(seconds),
        median=statistics.median(seconds) if seconds else 0.0,
        slowest=max(seconds, default=0.0),
    )
