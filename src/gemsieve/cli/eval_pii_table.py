"""The figures of `gemsieve eval pii` as tables: one a kind of boundaries, a row a side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

COLUMNS = ("entity", "side", "tp", "fp", "fn", "P", "R", "R, 95 %", "F1", "F2", "R of valid")
WIDTH = 100  # cells, where there is no terminal to ask
MEANINGS = {
    "strict": "start and end are those marked",
    "overlapping": "a character in common, one found for one marked",
}


def show(figures: Mapping[str, Any]) -> None:
    """Print everything, to standard output."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=WIDTH)
    given = figures["input"]
    console.print(
        f"{given['file']}: texts {given['texts']:,}, spans marked {given['spans']:,},"
        f" limits: {limits(figures['settings'])}"
    )
    for boundaries, meaning in MEANINGS.items():
        console.print()
        console.print(table(figures, boundaries, f"{boundaries}: {meaning}"))
    console.print()
    for line in notes(figures):
        console.print(line)


def limits(settings: Mapping[str, Any]) -> str:
    """Say which findings count."""
    if settings["above"] is not None:
        return f"scores above {settings['above']:g}"
    return f"policy {settings['policy']}, {settings['use']}"


def table(figures: Mapping[str, Any], boundaries: str, caption: str) -> Table:
    """Return the table of one kind of boundaries."""
    out = Table(*COLUMNS, title=caption, title_justify="left", box=None, pad_edge=False)
    for column in out.columns[2:]:
        column.justify = "right"
    for entity, row in figures["entities"].items():
        for i, (side, by_boundaries) in enumerate(row["sides"].items()):
            name = "" if i else f"{entity} ({row['marked']})"
            out.add_row(name, side, *cells(by_boundaries[boundaries], row.get("valid")))
    for mean, title in (("micro", "all together"), ("macro", "mean of entities")):
        for i, (side, by_boundaries) in enumerate(figures["overall"].items()):
            out.add_row("" if i else title, side, *cells(by_boundaries[boundaries][mean]))
    return out


def cells(row: Mapping[str, Any], valid: int | None = None) -> list[str]:
    """Return the cells of a row after its names."""
    low, high = row.get("recall_interval") or (None, None)
    return [
        *(str(row.get(key, "")) for key in ("tp", "fp", "fn")),
        *(number(row[key]) for key in ("precision", "recall")),
        "" if low is None else f"{number(low)}–{number(high)}",
        *(number(row[key]) for key in ("f1", "f2")),
        f"{number(row['valid']['recall'])} ({valid})" if valid else "",
    ]


def number(value: float | None) -> str:
    """Return a share with three digits, or nothing."""
    return "" if value is None else f"{value:.3f}"


def notes(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield what stands in no table."""
    for side, sought in figures["settings"]["entities"].items():
        if absent := [entity for entity in figures["entities"] if entity not in sought]:
            yield f"Not sought by {side}, so all missed: {', '.join(absent)}"
    if figures["unsought"]:
        names = (f"{entity} {count}" for entity, count in figures["unsought"].items())
        yield f"Marked, and sought by neither side: {', '.join(names)}"
    if figures["unmarked"]:
        names = (
            f"{entity} {' / '.join(str(count) for count in counts.values())}"
            for entity, counts in figures["unmarked"].items()
        )
        sides = " / ".join(figures["overall"])
        yield f"Found ({sides}) and marked nowhere, so not judged: {', '.join(names)}"
    for error in figures.get("errors", ()):
        yield (
            f"{error['side']} {error['kind']}: line {error['line']},"
            f" {error['start']}..{error['end']} {error['entity']}"
        )
