"""The curves of a run's page, in the style of the report's plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gemsieve.pipeline.report.figures import (
    DROPPED,
    KEPT,
    LINE,
    STYLE,
    WIDTH,
    canvas,
    short,
    svg,
)

HEIGHT = 190
SPREAD = 10.0  # times the least value: from here on the axis is logarithmic

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Curve:
    """Values by step; a dotted curve marks each."""

    steps: Sequence[int]
    values: Sequence[float]
    dotted: bool = False


def curve(entries: Sequence[Entry], key: str, *, dotted: bool = False) -> Curve:
    """Return what the lines of metrics tell under a key; lines without it have no point."""
    told = [(entry["step"], entry[key]) for entry in entries if key in entry]
    return Curve([step for step, _ in told], [value for _, value in told], dotted)


def draw(curves: Sequence[Curve], name: str, *, logarithmic: bool = False) -> str:
    """Draw one or two curves over steps as SVG.

    A logarithmic axis is used only where values are positive and differ `SPREAD` times.
    """
    from matplotlib import rc_context
    from matplotlib.ticker import LogLocator

    with rc_context(STYLE):
        axes = canvas(WIDTH, HEIGHT, (46, 22, 10, 8))
        values = [value for one in curves for value in one.values]
        if logarithmic and min(values) > 0 and max(values) > SPREAD * min(values):
            axes.set_yscale("log")
            axes.minorticks_off()
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        else:
            axes.locator_params(axis="y", nbins=5)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_major_formatter(lambda value, _: short(value))
        axes.locator_params(axis="x", nbins=5, integer=True)
        axes.grid(axis="y", color=LINE, linewidth=0.8)
        axes.set_axisbelow(True)
        for one, colour in zip(curves, (KEPT, DROPPED), strict=False):
            look = "o-" if one.dotted else "-"
            axes.plot(one.steps, one.values, look, color=colour, linewidth=1.5, markersize=4)
        return svg(axes.get_figure(root=True), name)
