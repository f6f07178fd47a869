"""Removal by identity: of the records that mention a group, how many were dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gemsieve.filters.audit.rows import Records
from gemsieve.filters.intervals import wilson
from gemsieve.pipeline.report_numbers import Row, rows
from gemsieve.pipeline.tally import Tally

ENOUGH = 30  # records; with fewer an interval says nothing that one would act on


FAMILIES = ("identity", "dialect")


@dataclass(frozen=True)
class Group:
    """The records that mention one identity, and what became of them.

    Attributes:
        kind: The part of the label that names what is compared, such as `religion`.
        name: The group within it.
        interval: Bounds of the removal rate, 95 %.
        verdict: Where the interval lies beside the rate of all records: `above`, `below`,
            `within`, or `insufficient` when there are fewer than `ENOUGH` records.
    """

    label: str
    kind: str
    name: str
    kept: int
    redacted: int
    dropped: int
    interval: tuple[float, float]
    verdict: str

    @property
    def mentioned(self) -> int:
        """Records that mention the group."""
        return self.kept + self.redacted + self.dropped

    @property
    def rate(self) -> float:
        """The share of them that was dropped."""
        return self.dropped / self.mentioned


def groups(tally: Tally, overall: float) -> list[Group]:
    """Return every group that is mentioned, by kind, the highest removal rate first.

    Args:
        tally: Its identity mentions are counted.
        overall: The removal rate of all judged records, in 0..1.
    """
    mentions = {k: n for k, n in tally.mentions.items() if k[0].startswith("identity.")}
    found: list[Group] = []
    for row in rows(mentions):
        _, kind, *name = row.name.split(".")
        kept, redacted, dropped = (row.counts[o] for o in ("kept", "redacted", "dropped"))
        interval = wilson(dropped, row.total)
        verdict = place(interval, overall) if row.total >= ENOUGH else "insufficient"
        words = ".".join(name) or kind
        found.append(Group(row.name, kind, words, kept, redacted, dropped, interval, verdict))
    return sorted(found, key=lambda g: (g.kind, -g.rate, g.label))


def beside_others(tally: Tally) -> list[Records]:
    """Return every group and feature that is mentioned, with the records to compare it with.

    A group of people: the records that mention anybody, without it. A feature of a dialect, and
    the dialect as a whole: the judged records that show none of its features.
    """
    found: list[Records] = []
    for family in FAMILIES:
        mentions = {k: n for k, n in tally.mentions.items() if k[0].startswith(f"{family}.")}
        whole = rows({k: n for k, n in tally.families.items() if k[0] == family})
        speech = family == "dialect"
        for row in (*(whole if speech else ()), *rows(mentions)):
            other = tally_of(tally) if speech else whole[0]
            taken = whole[0] if speech else row
            found.append(
                Records(
                    row.name,
                    family,
                    row.total,
                    row.counts["dropped"],
                    other.total - taken.total,
                    other.counts["dropped"] - taken.counts["dropped"],
                )
            )
    return found


def tally_of(tally: Tally) -> Row:
    """Return all judged records by outcome."""
    outcomes = tally.by_outcome()
    return Row("", {name: outcomes[name] for name in ("kept", "redacted", "dropped")})


def place(interval: tuple[float, float], overall: float) -> str:
    """Say whether an interval lies above a rate, below it, or around it."""
    low, high = interval
    return "above" if low > overall else "below" if high < overall else "within"


def summary(found: Sequence[Group]) -> str:
    """Say in a sentence how the groups lie: what a reader who cannot see the plot is told."""
    counts = {v: sum(g.verdict == v for g in found) for v in ("above", "below", "insufficient")}
    return (
        f"{len(found)} groups are mentioned; the removal rate of {counts['above']} lies above that"
        f" of all records, of {counts['below']} below it;"
        f" {counts['insufficient']} have too few records to tell."
    )
