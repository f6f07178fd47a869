"""The page of a corpus's figures: one HTML document that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gemsieve.filters.bias.measure_changes import largest, sure
from gemsieve.filters.bias.measure_estimate import Estimate
from gemsieve.filters.bias.measure_figures import SPREAD, Figure
from gemsieve.filters.bias.measure_sample import ANY, CAP
from gemsieve.filters.bias.measure_table import PAIRS, SCORED
from gemsieve.filters.bias.measure_words import lists
from gemsieve.pipeline.bias import words
from gemsieve.pipeline.bias.figures import Line, dumbbells
from gemsieve.pipeline.bias.report import Measured, totals
from gemsieve.pipeline.report.templates import environment, shown

EACH = 3  # changes told of each measure
DRAWN = 40  # lines of a plot
LONGEST = 28  # characters of a line's name
TRAITS = 6  # words told of each group
FAINT = 0.02  # nPMI, below which a cell of the heat table has no colour

Found = dict[str, list[Figure]]


@dataclass(frozen=True)
class Cell:
    """One cell of the heat table: how strong its colour is, from 0 to 1, and which way."""

    text: str
    strength: float
    away: bool


def page(measured: Measured, found: Sequence[Figure]) -> str:
    """Return the page."""
    return environment().get_template("bias.html").render(content(measured, found))


def content(measured: Measured, found: Sequence[Figure]) -> dict[str, Any]:
    """Return all that the page shows."""
    by: Found = {measure: [] for measure in words.WORDINGS}
    for figure in found:
        by[figure.measure].append(figure)
    two = measured.after is not None
    return {
        "words": words,
        "measured": measured,
        "two": two,
        "before": totals(measured.before),
        "after": totals(measured.after) if measured.after else None,
        "changes": [words.sentence(figure) for figure in largest(found, EACH)],
        "tested": sum(figure.change is not None for figure in found),
        "changed": len(sure(found)),
        "least": {"pairs": PAIRS, "scored": SCORED, "blocks": SPREAD, "cap": CAP},
        "tables": {measure: told(some) for measure, some in by.items()},
        "few_counts": {measure: len(some) - len(told(some)) for measure, some in by.items()},
        "plots": plots(by),
        "poles": [words.name(pole) for pole in lists().poles()],
        "heat": list(heat(by["pole"], two)),
        "traits": list(traits(by["trait"], two)),
    }


def told(some: Sequence[Figure]) -> list[Figure]:
    """Return the figures that there is enough for, in the order of their names."""
    return sorted((f for f in some if f.before.estimate), key=lambda f: f.of)


def plots(by: Found) -> dict[str, str]:
    """Return the plots, each empty where there is nothing to draw."""
    sources = [f for f in told(by["she"]) if f.of[0]]
    overall = {m: next((f for f in told(by[m]) if f.of in ((ANY,), ("",))), None) for m in by}
    return {
        "mentions": plot(by["mentions"], "mentions", "log"),
        "toxic": plot(by["toxicity"], "toxicity", "plain", overall["toxicity"], "all sentences"),
        "sentiment": plot(by["sentiment"], "sentiment", "plain", overall["sentiment"], "all"),
        "occupations": plot(
            by["occupation_female"], "occupations", "percent", overall["occupation_female"], "all"
        ),
        "she": plot(sources, "she", "percent", overall["she"], "all") if len(sources) > 1 else "",
        "generic": plot(by["generic"], "generic", "log"),
    }


def plot(
    some: Sequence[Figure], name: str, form: str, overall: Figure | None = None, said: str = ""
) -> str:
    """Draw figures of one measure by kind, those counted most, with the figure of all as a line."""
    rest = [f for f in told(some) if f is not overall and f.of != (ANY,)]
    most = {id(f) for f in sorted(rest, key=lambda f: -f.before.counted)[:DRAWN]}
    lines = [
        line(figure, figure.before.estimate)
        for figure in rest
        if figure.before.estimate and id(figure) in most
    ]
    if not lines:
        return ""
    last = (
        (overall.after and overall.after.estimate) or overall.before.estimate if overall else None
    )
    mark = (last.value, said) if last else None
    return dumbbells(lines, name, form=form, mark=mark)


def line(figure: Figure, before: Estimate) -> Line:
    """Return a figure as a line of a plot, under its axis where it is of a group."""
    after = figure.after.estimate if figure.after else None
    name = shown(words.row(figure))[:LONGEST]
    return Line(words.axis(figure), name, before, after, alone=figure.after is None)


def heat(poles: Sequence[Figure], two: bool) -> Iterator[tuple[str, list[Cell]]]:
    """Yield each group with its cells, one a pole: after the filter where there is one."""
    by = {figure.of: figure for figure in poles}
    for group in sorted({group for group, _ in by}):
        cells = [cell(by.get((group, pole)), two) for pole in lists().poles()]
        if any(one.text for one in cells):
            yield words.name(group), cells


def cell(figure: Figure | None, two: bool) -> Cell:
    """Return one cell; empty where there is too little, faint where the interval holds 0."""
    side = figure and (figure.after if two else figure.before)
    found = side.estimate if side else None
    if found is None:
        return Cell("", 0.0, away=False)
    sure_of_it = found.low > 0 or found.high < 0
    strength = min(1.0, max(0.0, abs(found.value) - FAINT) / 0.25) if sure_of_it else 0.0
    return Cell(words.moved(found.value, 2), round(strength, 2), away=found.value < 0)


def traits(some: Sequence[Figure], two: bool) -> Iterator[tuple[str, list[Figure]]]:
    """Yield each group with the words most tied to it, the surest bound first."""
    groups: dict[str, list[tuple[float, Figure]]] = {}
    for figure in some:
        side = figure.after if two else figure.before
        if side and side.estimate and side.estimate.low > 0:
            groups.setdefault(figure.of[0], []).append((side.estimate.low, figure))
    for group, ranked in sorted(groups.items()):
        ranked.sort(key=lambda pair: (-pair[0], pair[1].of))
        yield words.name(group), [figure for _, figure in ranked[:TRAITS]]
