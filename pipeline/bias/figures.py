"""The plots of a corpus's figures: dots on intervals, before and after, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from gemsieve.filters.bias.measure_estimate import Estimate
from gemsieve.pipeline.report.figures import (
    INK,
    KEPT,
    LINE,
    MUTED,
    STYLE,
    WIDTH,
    canvas,
    short,
    svg,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE_HEIGHT = 20


@dataclass(frozen=True)
class Line:
    """One line of a plot: a name under a heading, and its estimates.

    Attributes:
        after: None where too little is left to tell.
        alone: There is no second corpus.
    """

    kind: str
    name: str
    before: Estimate
    after: Estimate | None
    alone: bool


def dumbbells(
    lines: Sequence[Line], name: str, *, form: str, mark: tuple[float, str] | None = None
) -> str:
    """Draw each line's estimates on one axis: a ring before, a dot on its interval after.

    Args:
        lines: Those of one kind together.
        name: Keeps the plot's ids apart from others'.
        form: Of the axis: `log`, `percent` or `plain`.
        mark: Where a dashed line goes, and what it says.
    """
    from matplotlib import rc_context

    drawn = [x for kind, some in groupby(lines, key=lambda one: one.kind) for x in (kind, *some)]
    drawn = [x for x in drawn if x != ""]
    with rc_context(STYLE):
        longest = max(len(x if isinstance(x, str) else x.name) for x in drawn)
        margins = (min(180, 12 + 5.9 * longest), 24, 12, 22 if mark else 8)
        axes = canvas(WIDTH, LINE_HEIGHT * len(drawn) + 32 + 14 * bool(mark), margins)
        axes.set_ylim(len(drawn) - 0.3, -0.7)
        axes.set_yticks([])
        scale(axes, lines, form, mark)
        axes.grid(axis="x", color=LINE, linewidth=0.8)
        for y, x in enumerate(drawn):
            margin = axes.get_yaxis_transform()
            style: dict[str, Any] = {"color": MUTED, "fontweight": "bold"}
            words = x if isinstance(x, str) else x.name
            axes.text(-0.04, y, words, transform=margin, ha="right", va="center",
                      **(style if isinstance(x, str) else {}))  # fmt: skip
            if isinstance(x, Line):
                draw(axes, y, x)
        return svg(axes.get_figure(root=True), name)


def draw(axes: Axes, y: int, line: Line) -> None:
    """Draw one line's estimates: a ring before, a dot on its interval after; alone, the dot."""
    low, high = axes.get_xlim()
    last = line.before if line.alone else line.after
    if last:
        ends = [min(max(value, low), high) for value in (last.low, last.high)]
        axes.plot(ends, (y, y), color=KEPT, linewidth=1.8, solid_capstyle="round", alpha=0.55)
        axes.plot((line.before.value, last.value), (y, y), color=MUTED, linewidth=0.9)
    if not line.alone:
        axes.plot([line.before.value], [y], "o", color=MUTED, markerfacecolor="none",
                  markersize=6.5, markeredgewidth=1.3, clip_on=False)  # fmt: skip
    if last:
        axes.plot([last.value], [y], "o", color=KEPT, markersize=5.5, clip_on=False)


def scale(axes: Axes, lines: Sequence[Line], form: str, mark: tuple[float, str] | None) -> None:
    """Set the axis so that every value and most of every interval are on it."""
    found = [estimate for x in lines for estimate in (x.before, x.after) if estimate]
    values = [estimate.value for estimate in found] + ([mark[0]] if mark else [])
    lows, highs = [e.low for e in found], [e.high for e in found]
    if form == "log":
        axes.set_xscale("log")
        axes.set_xlim(max(min(lows), min(values) / 4), min(max(highs), 4 * max(values)))
        axes.xaxis.set_major_formatter(lambda value, _: short(value))
        axes.minorticks_off()
    else:
        least, most = min(*lows, *values), max(*highs, *values)
        pad = 0.04 * (most - least) or 0.01
        axes.set_xlim(max(0.0, least - pad) if form == "percent" else least - pad, most + pad)
        percent = form == "percent"
        axes.xaxis.set_major_formatter(
            lambda v, _: f"{100 * v:g} %" if percent else f"{v:g}".replace("-", "−")
        )
        axes.locator_params(axis="x", nbins=5)
    if mark:
        axes.axvline(mark[0], color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
        axes.annotate(mark[1], (mark[0], 1), (0, 5), xycoords=("data", "axes fraction"),
                      textcoords="offset points", ha="center", color=INK)  # fmt: skip
