"""What a run's page tells besides its curves: groups, jumps, and the best checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemsieve.model.checkpoints.checkpoint import FOLDER
from gemsieve.model.checkpoints.kept import best_first
from gemsieve.model.checkpoints.whole import steps_in
from gemsieve.model.training.watching.curves import Entry

WIDE, HIGH = 120, 26  # of a group's small curve
_SOURCE = "held_out_loss/"


@dataclass(frozen=True)
class Group:
    """Tell of held-out text of one group.

    Attributes:
        name: Its name.
        tokens: How many were measured; None where that is not known.
        first: Its loss when it was first measured.
        last: Its loss when it was last measured.
        curve: Its losses by step, as SVG, on the scale of all groups.
    """

    name: str
    tokens: int | None
    first: float
    last: float
    curve: str


@dataclass(frozen=True)
class Watched:
    """Tell what was seen of a run.

    Attributes:
        groups: Of held-out text; none where it was not told apart.
        rewinds: Each way back, as metrics tell it.
        skipped: How many steps changed nothing.
        best: The kept checkpoint of the lowest held-out loss; None where there is none.
    """

    groups: Sequence[Group] = ()
    rewinds: Sequence[Mapping[str, Any]] = ()
    skipped: int = 0
    best: int | None = None


def watched(entries: Sequence[Entry], run: Path | None = None) -> Watched:
    """Sum up lines of metrics and, where a run's folder is named, what it tells besides."""
    best = best_first(run, steps_in(run / FOLDER)) if run else []
    return Watched(
        groups=groups_in(entries),
        rewinds=[told for entry in entries for told in entry.get("rewinds", ())],
        skipped=sum(entry.get("skipped", 0) for entry in entries),
        best=best[0] if best else None,
    )


def groups_in(entries: Sequence[Entry]) -> list[Group]:
    """Return the groups that lines of metrics tell, and a mixture's sources, in their order."""
    told = [(entry["step"], by) for entry in entries if (by := _losses(entry))]
    if not told:
        return []
    tokens: Mapping[str, int] = next(
        (e["held_out_tokens"] for e in reversed(entries) if "held_out_tokens" in e), {}
    )
    every = [loss for _, by in told for loss in by.values()]
    span, last_step = (min(every), max(every)), told[-1][0]
    groups = []
    for name in told[-1][1]:
        points = [(step, by[name]) for step, by in told if name in by]
        drawn = _small(points, span, last_step)
        groups.append(Group(name, tokens.get(name), points[0][1], points[-1][1], drawn))
    return groups


def _losses(entry: Entry) -> dict[str, float]:
    """Return the held-out losses of a line by source and group."""
    losses: dict[str, float] = {
        key.removeprefix(_SOURCE): loss for key, loss in entry.items() if key.startswith(_SOURCE)
    }
    losses |= entry.get("held_out_by", {})
    return losses


def _small(points: Sequence[tuple[int, float]], span: tuple[float, float], last: int) -> str:
    """Draw a small curve; the lowest of all losses is at the bottom."""
    low, high = span
    tall, wide = (high - low) or 1.0, last or 1
    places = (
        f"{WIDE * step / wide:.1f},{2 + (HIGH - 4) * (high - loss) / tall:.1f}"
        for step, loss in points
    )
    return (
        f'<svg class="small" viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" height="{HIGH}"'
        f' aria-hidden="true"><polyline points="{" ".join(places)}"/></svg>'
    )
