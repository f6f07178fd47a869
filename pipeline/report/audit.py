"""The report's section on the audit: whom swaps change the verdict of, and what a policy says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gemsieve.filters.audit.corpus import axis_of
from gemsieve.filters.audit.rows import Row
from gemsieve.filters.audit.verdict import faults

GROUPS = 10  # of an axis with a row and a column of their own
TABLES = 6  # rules and axes with a table of pairs
DOTS = 40  # in one plot
NAMES = {
    "flip_rate": "flips",
    "score_gap": "score gap",
    "removal_ratio": "removal",
}


@dataclass(frozen=True)
class Cell:
    """Pairs with one source and one target: how many, and of how many the verdict changed."""

    trials: int
    flips: int

    @property
    def heat(self) -> float:
        """The share of flips, in 0..1."""
        return self.flips / self.trials if self.trials else 0.0


@dataclass(frozen=True)
class Heat:
    """The pairs of one axis under one rule.

    Attributes:
        lines: Each group with its cells, one for each group as target.
        others: How many groups of the axis have no line.
    """

    rule: str
    axis: str
    groups: Sequence[str]
    lines: Sequence[tuple[str, Sequence[Cell]]]
    flips: int
    others: int


@dataclass(frozen=True)
class AuditSection:
    """What the section shows.

    Attributes:
        audit: All that the audit tells.
        faults: Why the filter does not pass; empty when it does.
        enough: Rows of flips with at least the policy's least number of trials, by rule.
        few: How many groups have fewer.
        heats: Tables of pairs, those with the most flips first.
        plots: By rule, its dots and intervals, drawn.
    """

    audit: Mapping[str, Any]
    faults: Sequence[str]
    enough: Sequence[tuple[str, Sequence[Row]]]
    few: int
    heats: Sequence[Heat]
    plots: Mapping[str, str]

    @property
    def limits(self) -> Sequence[tuple[str, float, str]]:
        """Each limit that the policy sets: what of, how much, and the verdict."""
        rule = self.audit["rule"]
        found = self.audit["verdicts"].items()
        return [(NAMES[k], rule[k], told) for k, told in found if rule[k] is not None]

    @property
    def tables(self) -> Sequence[tuple[str, Sequence[Row], Sequence[Row]]]:
        """Each rule with the rows of axes and of groups with flips against them, and the others."""
        return [
            (rule, [r for r in rows if loud(r)], [r for r in rows if not loud(r)])
            for rule, rows in self.enough
        ]

    @property
    def gaps(self) -> Sequence[Row]:
        """The widest gaps of whole axes and of groups with enough trials."""
        return [row for row in self.audit["gaps"] if row["verdict"] != "insufficient"][:GROUPS]

    @property
    def flips(self) -> int:
        """Flips of all rules together."""
        return sum(sum(pair["flips"].values()) for pair in self.audit["pairs"])

    @property
    def largest(self) -> Row | None:
        """The pair whose swap moved a score the furthest, if any moved."""
        return next(iter(self.audit["widest"]), None)


def audit_section(audit: Mapping[str, Any], plots: str = "audit") -> AuditSection | None:
    """Return the section of an audit, or None when there was none; `plots` begins their ids."""
    if not audit:
        return None
    flips = audit["flips"]
    told = [row for row in flips if row["verdict"] != "insufficient"]
    by_rule = {rule: in_order(row for row in told if row["rule"] == rule) for rule in rules(audit)}
    limit = audit["rule"]["flip_rate"]
    return AuditSection(
        audit=audit,
        faults=faults(audit),
        enough=list(by_rule.items()),
        few=len({row["unit"] for row in flips if not row["unit"].endswith(".*")})
        - len({row["unit"] for row in told if not row["unit"].endswith(".*")}),
        heats=heats(audit),
        plots={
            rule: plot(rows, limit, f"{plots}{i}")
            for i, (rule, rows) in enumerate(by_rule.items())
            if rows
        },
    )


def loud(row: Row) -> bool:
    """Say whether a row has a line of its own: a whole axis, or a group with flips against it."""
    return bool(row["favoured"] is None or row["flips"])


def rules(audit: Mapping[str, Any]) -> list[str]:
    """Return the names of the rules, and of faults that acted like one."""
    return list(dict.fromkeys([*audit["rules"], *(row["rule"] for row in audit["flips"])]))


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return rows by axis, the axis as a whole first, then its groups by rate."""
    return sorted(
        rows,
        key=lambda row: (
            row["unit"].split(".")[0],
            not row["unit"].endswith(".*"),
            -row["rate"],
            row["unit"],
        ),
    )


def plot(rows: Sequence[Row], limit: float | None, name: str) -> str:
    """Draw the flip rates of a rule."""
    from gemsieve.pipeline.report.figures import Dot, intervals

    worst = sorted(rows, key=lambda row: -row["interval"][0])[:DOTS]
    dots = [
        Dot(
            kind=row["unit"].split(".")[0],
            name=row["unit"].split(".", 1)[1].replace("*", "all"),
            rate=row["rate"],
            interval=(row["interval"][0], row["interval"][1]),
            verdict="above" if row["verdict"] == "fail" else "within",
        )
        for row in in_order(worst)
    ]
    return intervals(dots, limit, "limit", name)


def heats(audit: Mapping[str, Any]) -> list[Heat]:
    """Return the tables of pairs for rules and axes in which anything flipped."""
    sums: Counter[tuple[str, str]] = Counter()
    for pair in audit["pairs"]:
        for rule, n in pair["flips"].items():
            sums[rule, axis_of(pair["source"])] += n
    most = sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:TABLES]
    return [heat(audit["pairs"], rule, axis) for (rule, axis), _ in most]


def heat(pairs: Sequence[Row], rule: str, axis: str) -> Heat:
    """Return the table of one axis under one rule: groups with the most flips, then trials."""
    mine = [pair for pair in pairs if axis_of(pair["source"]) == axis]
    weight: Counter[str] = Counter()
    for pair in mine:
        for label in (pair["source"], pair["target"]):
            weight[label] += 1_000_000 * pair["flips"].get(rule, 0) + pair["trials"]
    ranked = sorted(weight, key=lambda label: (-weight[label], label))
    shown = ranked[:GROUPS]
    cells = {
        (pair["source"], pair["target"]): Cell(pair["trials"], pair["flips"].get(rule, 0))
        for pair in mine
    }
    none = Cell(0, 0)
    return Heat(
        rule=rule,
        axis=axis,
        groups=[label.split(".", 2)[2] for label in shown],
        lines=[(s.split(".", 2)[2], [cells.get((s, t), none) for t in shown]) for s in shown],
        flips=sum(cell.flips for cell in cells.values()),
        others=len(ranked) - len(shown),
    )
