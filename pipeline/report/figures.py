"""The report's plots, as SVG that takes its colours and fonts from the page around it.

They are drawn in stand-in colours, each replaced by one of the page's variables, so that a plot
is light or dark with its page. About 330 units wide: the width of a phone, at its natural size.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import StringIO
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING, Any

from gemsieve.pipeline.report.scores import Histogram
from gemsieve.pipeline.tally import BINS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UNIT = 1 / 72  # inch: one unit of the SVG
WIDTH = 330
INK, MUTED, LINE, CARD = "#010101", "#020202", "#030303", "#040404"
KEPT, DROPPED = "#050505", "#060606"
VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    CARD: "var(--card)",
    KEPT: "var(--kept)",
    DROPPED: "var(--dropped)",
}
STYLE: dict[str, Any] = {
    "svg.hashsalt": "gemsieve",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",  # comes with the library; the page's own font replaces it
    "font.size": 9.5,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.labelcolor": MUTED,
    "axes.linewidth": 1,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "hatch.linewidth": 1.2,
}
TICKS = (0, 1, 3, 10, 30, 100, 300, *(10**power for power in range(3, 16)))


@dataclass(frozen=True)
class Dot:
    """A share with its interval, under a heading; `above` or `below` what it is held against."""

    kind: str
    name: str
    rate: float
    interval: tuple[float, float]
    verdict: str


def svg(figure: Figure, name: str) -> str:
    """Return a figure as an element for a page; `name` keeps its ids apart from other figures'."""
    buffer = StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    text = buffer.getvalue()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<(metadata|style)\b.*?</\1>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(url\(|href=")#', rf"\1#{name}-", text)
    text = re.sub(r"font: ([\d.]+px) [^;\"]+", r"font-size: \1", text)
    for stand_in, variable in VARIABLES.items():
        text = text.replace(stand_in, variable)
    return re.sub(r"\s*\n\s*", "\n", text)


def canvas(width: float, height: float, margins: tuple[float, float, float, float]) -> Axes:
    """Return axes with only a base line, on a figure of its own; all in units.

    Margins are left, bottom, right and top.
    """
    from matplotlib.figure import Figure

    left, bottom, right, top = margins
    figure = Figure(figsize=(width * UNIT, height * UNIT))
    inner = (width - left - right) / width, (height - bottom - top) / height
    axes = figure.add_axes((left / width, bottom / height, *inner))
    axes.spines[["left", "right", "top"]].set_visible(False)
    return axes


def histogram(data: Histogram, name: str) -> str:
    """Draw kept records upwards and dropped ones downwards, on logarithmic heights."""
    from matplotlib import rc_context

    with rc_context(STYLE):
        axes = canvas(WIDTH, 150, (34, 22, 8, 14))
        edges = list(range(len(data.kept) + 1))
        up = [math.log10(1 + n) for n in data.kept]
        down = [-math.log10(1 + n) for n in data.dropped]
        axes.stairs(up, edges, fill=True, facecolor=KEPT, linewidth=0)
        axes.stairs(
            down, edges, fill=True, facecolor=DROPPED, edgecolor=CARD, hatch="////", linewidth=0
        )
        axes.axhline(0, color=MUTED, linewidth=0.8)
        scale_heights(axes, data)
        start, end = scale_values(axes, data)
        for limit in data.limits:
            for low, high in limit.zones:
                a, b = (min(max(data.position(v), start), end) for v in (low, high))
                axes.axvspan(a, b, facecolor=MUTED, alpha=0.13, linewidth=0, zorder=0)
            for value in limit.values:
                axes.axvline(data.position(value), color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
        return svg(axes.get_figure(root=True), name)


def overlaid(first: Histogram, second: Histogram, name: str) -> str:
    """Draw one run's kept and dropped records as areas and another's as lines, like `histogram`.

    The first's limits are dotted lines, the second's dashed ones.
    """
    from matplotlib import rc_context

    both = widened(first, second)
    with rc_context(STYLE):
        axes = canvas(WIDTH, 150, (34, 22, 8, 14))
        for data, look in ((first, {"fill": True, "alpha": 0.35}), (second, {"fill": False})):
            for counts, sign, colour in ((data.kept, 1, KEPT), (data.dropped, -1, DROPPED)):
                heights = [sign * math.log10(1 + n) for n in counts]
                axes.stairs(heights, range(len(counts) + 1), color=colour, linewidth=1.3, **look)
        axes.axhline(0, color=MUTED, linewidth=0.8)
        scale_heights(axes, both)
        scale_values(axes, both)
        for data, dashes in ((first, (1, 2)), (second, (4, 2))):
            for value in (value for limit in data.limits for value in limit.values):
                place = data.position(value)
                axes.axvline(place, color=INK, linewidth=1.2, linestyle=(0, dashes))
        return svg(axes.get_figure(root=True), name)


def widened(first: Histogram, second: Histogram) -> Histogram:
    """Return a histogram on whose axes both have room."""
    kept, dropped = (
        [max(pair) for pair in zip_longest(*sides, fillvalue=0)]
        for sides in ((first.kept, second.kept), (first.dropped, second.dropped))
    )
    return replace(first, kept=kept, dropped=dropped, limits=[*first.limits, *second.limits])


def scale_heights(axes: Axes, data: Histogram) -> None:
    """Set the axis of counts: powers of ten, upwards and downwards."""
    tops = [math.log10(1 + max(counts, default=0)) for counts in (data.kept, data.dropped)]
    step = 1 if sum(tops) < 6 else 2 if sum(tops) < 12 else 3
    powers = [
        (sign, power)
        for sign, top in zip((1, -1), tops, strict=True)
        for power in range(1, math.floor(top) + 1, step)
    ]
    places = [sign * math.log10(1 + 10**power) for sign, power in powers]
    axes.set_yticks([0, *places], ["0", *(short(10**power) for _, power in powers)])
    axes.set_ylim(-max(1.0, tops[1] * 1.05), max(1.0, tops[0] * 1.05))


def scale_values(axes: Axes, data: Histogram) -> tuple[float, float]:
    """Set the axis of scores so that the bins and the limits are on it; return its ends."""
    if data.probability:
        shown = (0.0, 0.25, 0.5, 0.75, 1.0)
        axes.set_xticks([data.position(v) for v in shown], [f"{v:g}" for v in shown])
        start, end = 0.0, float(BINS)
    else:
        marks = [data.position(v) for limit in data.limits for v in limit.values]
        filled = [i for i, n in enumerate(zip(data.kept, data.dropped, strict=True)) if any(n)] or [
            0
        ]
        start = max(0.0, math.floor(min(*marks, *filled, filled[0])) - 1.0)
        end = max(*marks, filled[-1] + 1, start + 4) + 0.5
        ticks = [v for v in TICKS if start <= data.position(v) <= end]
        ticks = ticks[:: 1 + len(ticks) // 8]
        axes.set_xticks([data.position(v) for v in ticks], [short(v) for v in ticks])
    axes.set_xlim(start, end)
    return start, end


def intervals(dots: Sequence[Dot], line: float | None, words: str, name: str) -> str:
    """Draw each share as a dot on its interval, beside a line with words over it."""
    from matplotlib import rc_context

    lines = [
        item
        for kind, members in groupby(dots, key=lambda dot: dot.kind)
        for item in (kind, *members)
    ]
    with rc_context(STYLE):
        height = 20 * len(lines) + 46
        longest = max(len(item if isinstance(item, str) else item.name) for item in lines)
        axes = canvas(WIDTH, height, (min(180, 12 + 5.9 * longest), 24, 12, 22))
        axes.set_ylim(len(lines) - 0.3, -0.7)
        axes.set_yticks([])
        reach = max([line or 0.0, *(dot.interval[1] for dot in dots)])
        axes.set_xlim(0, min(1.0, reach * 1.08) or 1.0)
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
        axes.locator_params(axis="x", nbins=5)
        axes.grid(axis="x", color=LINE, linewidth=0.8)
        if line is not None:
            axes.axvline(line, color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
            axes.annotate(words, (line, 1), (0, 5), xycoords=("data", "axes fraction"),
                          textcoords="offset points", ha="center", color=INK)  # fmt: skip
        for y, item in enumerate(lines):
            draw_line(axes, y, item)
        return svg(axes.get_figure(root=True), name)


def draw_line(axes: Axes, y: int, line: str | Dot) -> None:
    """Draw one dot, or the heading of a kind."""
    margin = axes.get_yaxis_transform()
    if isinstance(line, str):
        axes.text(-0.04, y, line, transform=margin, ha="right", va="center", color=MUTED,
                  fontweight="bold")  # fmt: skip
        return
    marker, colour = {"above": ("^", DROPPED), "below": ("v", KEPT)}.get(line.verdict, ("o", INK))
    axes.text(-0.04, y, line.name, transform=margin, ha="right", va="center")
    axes.plot(line.interval, (y, y), color=colour, linewidth=1.6, solid_capstyle="round")
    axes.plot([line.rate], [y], marker, color=colour, markersize=6.5, clip_on=False)


def short(value: float) -> str:
    """Return a number with the letter of its thousands, such as `100k`."""
    for power, letter in ((12, "T"), (9, "G"), (6, "M"), (3, "k")):
        if value >= 10**power:
            return f"{value / 10**power:g}{letter}"
    return f"{value:g}"
