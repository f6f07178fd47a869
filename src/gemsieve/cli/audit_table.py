"""The tables of `gemsieve audit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

WIDTH = 100  # cells, where there is no terminal to ask
GROUPS = 10  # beside the axes, those with the highest lower bounds
PAIRS = 5
VERDICTS = {"unlimited": "no limit", "pass": "pass", "fail": "FAIL", "insufficient": "insufficient"}
NAMES = {"flip_rate": "flips", "score_gap": "score gap"}


def show(
    subject: str, sets: Mapping[str, Mapping[str, Any]], labelled: Mapping[str, Any] | None
) -> None:
    """Print everything, to standard output."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=WIDTH)
    console.print(f"audit of {subject}")
    for title, told in sets.items():
        console.print()
        console.print(f"{title}: {told['swapped']:,} swapped, {told['unswapped']:,} could not be")
        for rule, words in told["rules"].items():
            console.print(f"{rule}: {words}")
        console.print(flips(told))
        for line in verdicts(told):
            console.print(line)
        console.print(widest(told))
    if labelled:
        console.print()
        console.print(areas(labelled))


def flips(told: Mapping[str, Any]) -> Table:
    """Return the flips of each axis, and of the groups that fare worst."""
    columns = ("rule", "group", "trials", "flips", "rate", "95 %", "verdict")
    out = table("flips: of a group those against it", columns)
    axes = [row for row in told["flips"] if row["unit"].endswith(".*")]
    groups = [row for row in told["flips"] if not row["unit"].endswith(".*") and row["flips"]]
    for row in (*axes, *groups[:GROUPS]):
        low, high = row["interval"]
        counts = f"{row['trials']:,}", f"{row['flips']:,}", f"{row['rate']:.1%}"
        out.add_row(
            row["rule"], row["unit"], *counts, f"{low:.1%}–{high:.1%}", VERDICTS[row["verdict"]]
        )
    return out


def widest(told: Mapping[str, Any]) -> Table:
    """Return the pairs of groups whose swap moved a score the furthest."""
    out = table("largest score gaps", ("score", "from", "to", "trials", "largest", "mean"))
    for row in told["widest"][:PAIRS]:
        groups = (row[name].split(".", 1)[1] for name in ("source", "target"))
        figures = f"{row['trials']:,}", f"{row['largest']:.3f}", f"{row['mean']:.3f}"
        out.add_row(row["label"], *groups, *figures)
    return out


def verdicts(told: Mapping[str, Any]) -> list[str]:
    """Say, of each limit that can be tested without a job, how it was kept."""
    rule = told["rule"]
    return [
        f"{words}: {VERDICTS[told['verdicts'][limit]]}"
        + ("" if rule[limit] is None else f" (audit.{limit} is {rule[limit]:g})")
        for limit, words in NAMES.items()
    ]


def areas(labelled: Mapping[str, Any]) -> Table:
    """Return the areas under the curve by group; too few texts leave a dash."""
    names = ("subgroup_auc", "bpsn_auc", "bnsp_auc")
    title = f"labelled texts: {labelled['texts']:,}, score of {labelled['label']}"
    out = table(title, ("group", "toxic", "harmless", "subgroup", "BPSN", "BNSP"))
    for group, row in labelled["groups"].items():
        if any(row[name] for name in names):
            out.add_row(
                group, str(row["toxic"]), str(row["harmless"]), *(area(row[n]) for n in names)
            )
    return out


def area(figure: Mapping[str, Any] | None) -> str:
    """Return a figure with its interval."""
    if figure is None:
        return "insufficient"
    low, high = figure["interval"]
    return f"{figure['value']:.3f} ({low:.3f}–{high:.3f})"


def table(title: str, columns: Sequence[str]) -> Table:
    """Return an empty table; figures stand to the right."""
    out = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)
    for column in out.columns:
        if column.header not in {"rule", "group", "score", "from", "to", "verdict"}:
            column.justify = "right"
    return out
