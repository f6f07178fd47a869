"""The figures of `gemsieve eval toxicity` as tables: a row a source and side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from gemsieve.cli.eval_scores import PEER

WIDTH = 140  # cells, where there is no terminal to ask
HEAD = ("source", "toxic", "of", "side")
RANKING = {"auc": "AUC", "average_precision": "AP", "calibration_error": "ECE"}
LIMITED = {"precision": "P", "recall": "R", "f1": "F1", "false_positive_rate": "FPR"}
CURVE = {
    "fpr_at_tpr_0.8": "FPR, TPR .8",
    "fpr_at_tpr_0.9": "TPR .9",
    "fpr_at_tpr_0.95": "TPR .95",
    "tpr_at_fpr_0.01": "TPR, FPR .01",
    "tpr_at_fpr_0.05": "FPR .05",
}


def show(figures: Mapping[str, Any]) -> None:
    """Print everything, to standard output."""
    console = plain_console()
    given, settings = figures["input"], figures["settings"]
    console.print(
        f"{given['file']}: texts {given['texts']:,}, toxic {given['toxic']:,};"
        f" label {settings['label']}; intervals at 95 %"
    )
    for title, columns in (
        ("ranking and calibration", RANKING),
        (f"above the limit: {limits(settings)}", LIMITED),
        ("false positives at a share caught, and the share caught at some", CURVE),
    ):
        console.print()
        console.print(table(figures, columns, title))
    console.print()
    for side, mean in figures["mean_auc"].items():
        if mean is not None:
            console.print(f"Mean AUC over {len(figures['sources'])} sources, {side}: {mean:.3f}")
    if figures["versions"][PEER] is None:
        console.print(f"{PEER} is not installed, so nothing stands beside")


def plain_console() -> Console:
    """Return a console that neither colours nor, into a file, wraps earlier than it must."""
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=WIDTH)


def limits(settings: Mapping[str, Any]) -> str:
    """Say which limit counts for each side."""
    return ", ".join(
        f"{side} {'none' if limit is None else format(limit, 'g')}"
        for side, limit in settings["limits"].items()
    )


def table(figures: Mapping[str, Any], columns: Mapping[str, str], title: str) -> Table:
    """Return the table of some figures."""
    out = Table(*HEAD, *columns.values(), title=title, title_justify="left", box=None)
    for column in (*out.columns[1:3], *out.columns[4:]):
        column.justify = "right"
    for name, part in {**figures["sources"], "all texts": figures["all"]}.items():
        whose = (name, f"{part['toxic']:,}", f"{part['texts']:,}")
        for side, known in part["sides"].items():
            out.add_row(*whose, side, *(cell(known.get(key)) for key in columns))
            whose = ("", "", "")
    return out


def cell(figure: Mapping[str, Any] | None) -> str:
    """Return a value with its interval, or nothing."""
    if figure is None or figure["value"] is None:
        return ""
    low, high = ("" if bound is None else short(bound) for bound in figure["interval"])
    return f"{short(figure['value'])} {low}–{high}"


def short(value: float) -> str:
    """Return a number with three digits after the point, and no 0 before it."""
    return f"{value:.3f}".replace("0.", ".", 1)
