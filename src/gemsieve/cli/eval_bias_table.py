"""The figures of `gemsieve eval bias` as tables: one a side, a row a group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from gemsieve.cli.eval_scores import PEER
from gemsieve.cli.eval_toxicity_table import cell, limits, plain_console, short

AREAS = {"subgroup_auc": "subgroup AUC", "bpsn_auc": "BPSN AUC", "bnsp_auc": "BNSP AUC"}
GAPS = {"positive_gap": "toxic", "negative_gap": "harmless"}
RATES = {"false_positives": "FPR", "false_negatives": "FNR"}


def show(figures: Mapping[str, Any]) -> None:
    """Print everything, to standard output."""
    console = plain_console()
    given, settings = figures["input"], figures["settings"]
    console.print(
        f"{given['file']}: texts {given['texts']:,}, toxic {given['toxic']:,}; label"
        f" {settings['label']}; limits: {limits(settings)}; intervals at 95 %"
    )
    for name, side in figures["sides"].items():
        console.print()
        console.print(table(side, {**AREAS}, f"{name}: areas under the ROC curve"))
        console.print()
        title = f"{name}: equality gaps (of toxic, of harmless texts), rates at the limit"
        console.print(table(side, {**GAPS, **RATES}, title))
        console.print()
        for line in notes(side):
            console.print(line)
    few = sorted(group for group, row in groups(figures).items() if not any_figure(row))
    if few:
        console.print(f"Insufficient, under {figures['enough']} texts a class: {', '.join(few)}")
    if figures["versions"][PEER] is None:
        console.print(f"{PEER} is not installed, so nothing stands beside")


def groups(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the groups of the first side; every side has the same."""
    rows: dict[str, Any] = next(iter(figures["sides"].values()))["groups"]
    return rows


def any_figure(row: Mapping[str, Any]) -> bool:
    """Say whether a group has texts enough for anything."""
    return any(row[name] is not None for name in (*AREAS, *GAPS, *RATES))


def table(side: Mapping[str, Any], columns: Mapping[str, str], title: str) -> Table:
    """Return the table of some figures, of the groups that have any."""
    head = ("group", "toxic", "harmless", *columns.values())
    out = Table(*head, title=title, title_justify="left", box=None)
    for column in out.columns[1:]:
        column.justify = "right"
    for group, row in side["groups"].items():
        if any_figure(row):
            cells = (cell(row[name]) or "insufficient" for name in columns)
            out.add_row(group, f"{row['toxic']:,}", f"{row['harmless']:,}", *cells)
    return out


def notes(side: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is said of all groups together."""
    whole = [f"AUC {cell(side['auc'])}"]
    whole += [f"{RATES[name]} {cell(side[name])}" for name in RATES if side[name]]
    yield f"All texts: {', '.join(whole)}"
    means = (f"{AREAS[n]} {short(v)}" for n, v in side["power_means"].items() if v is not None)
    if told := ", ".join(means):
        yield f"Mean over groups, power -5: {told}"
    for name, gap in side["widest_gaps"].items():
        if gap:
            yield (
                f"Widest gap of {RATES[name]}: {short(gap['value'])},"
                f" {gap['highest']} above {gap['lowest']}"
            )
