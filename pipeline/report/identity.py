"""Removal by identity and dialect: of the records that mention a group, how many were dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gemsieve.filters.audit.rows import Records
from gemsieve.filters.intervals import wilson
from gemsieve.pipeline.report.counts import OF_GROUPS, OUTCOMES, Row, rows
from gemsieve.pipeline.tally import Tally

ENOUGH = 30  # records; with fewer an interval says nothing that one would act on


@dataclass(frozen=True)
class Group:
    """The records that mention one identity, or show a feature of a dialect, and their fates.

    Attributes:
        kind: The part of the label that names what is compared, such as `religion`.
        name: The group within it.
        interval: Bounds of the removal rate, 95 %.
        redaction_interval: Of the records that were kept, bounds of the share rewritten.
        ratio: The removal rate divided by that of the others, None where none of those is dropped.
        ratio_interval: Its bounds; the upper one is None where nothing bounds it.
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
    redaction_interval: tuple[float, float]
    ratio: float | None
    ratio_interval: tuple[float, float | None]
    verdict: str

    @property
    def mentioned(self) -> int:
        """Records that mention the group."""
        return self.kept + self.redacted + self.dropped

    @property
    def rate(self) -> float:
        """The share of them that was dropped."""
        return self.dropped / self.mentioned

    @property
    def redaction_rate(self) -> float:
        """The share of those kept that was rewritten; 0 of none."""
        return self.redacted / max(1, self.kept + self.redacted)


def groups(tally: Tally, overall: float) -> list[Group]:
    """Return every group that is mentioned, by kind, the highest removal rate first.

    Args:
        tally: Its identity mentions are counted.
        overall: The removal rate of all judged records, in 0..1.
    """
    others = {row.label: row for row in beside_others(tally)}
    found = [
        group_of(row, others[row.name], overall)
        for row in rows({k: n for k, n in tally.mentions.items() if family_of(k[0]) in OF_GROUPS})
    ]
    return sorted(found, key=lambda g: (g.kind, -g.rate, g.label))


def group_of(row: Row, others: Records, overall: float) -> Group:
    """Return a group with its rates."""
    family, kind, *name = row.name.split(".")
    kept, redacted, dropped = (row.counts[o] for o in ("kept", "redacted", "dropped"))
    interval = wilson(dropped, row.total)
    return Group(
        label=row.name,
        kind=kind if family == "identity" else f"{family} {kind}",
        name=".".join(name) or kind,
        kept=kept,
        redacted=redacted,
        dropped=dropped,
        interval=interval,
        redaction_interval=wilson(redacted, kept + redacted),
        ratio=others.ratio,
        ratio_interval=others.interval,
        verdict=place(interval, overall) if row.total >= ENOUGH else "insufficient",
    )


def family_of(label: str) -> str:
    """Return the first part of a label."""
    return label.split(".", maxsplit=1)[0]


def beside_others(tally: Tally) -> list[Records]:
    """Return every group and feature that is mentioned, with the records to compare it with.

    A group of people: the records that mention anybody, without it. A feature of a dialect, and
    the dialect as a whole: the judged records that show none of its features.
    """
    found: list[Records] = []
    for family in OF_GROUPS:
        mentions = rows({k: n for k, n in tally.mentions.items() if family_of(k[0]) == family})
        whole = Row(family, {o: tally.families[family, o] for o in OUTCOMES})
        if family == "dialect" and mentions:
            apart = less(everything(tally), whole)
            found += [beside(row, apart, family) for row in (whole, *mentions)]
        else:
            found += [beside(row, less(whole, row), family) for row in mentions]
    return found


def beside(row: Row, others: Row, family: str) -> Records:
    """Return the records of a group beside the others."""
    dropped, apart = row.counts["dropped"], others.counts["dropped"]
    return Records(row.name, family, row.total, dropped, others.total, apart)


def less(whole: Row, part: Row) -> Row:
    """Return the records that are in one and not in the other."""
    return Row(whole.name, {o: whole.counts[o] - part.counts[o] for o in OUTCOMES})


def everything(tally: Tally) -> Row:
    """Return all judged records."""
    outcomes = tally.by_outcome()
    return Row("", {o: outcomes[o] if o != "quarantined" else 0 for o in OUTCOMES})


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
