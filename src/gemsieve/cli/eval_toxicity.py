"""`gemsieve eval toxicity`: how well scores tell toxic texts from others, ours and a peer's."""

from __future__ import annotations

import argparse
from collections import defaultdict
from typing import Any

from gemsieve.cli import eval_scores
from gemsieve.cli.check import number
from gemsieve.cli.eval_rows import Row
from gemsieve.cli.eval_scores import Scored, Side

NOWHERE = "(no source)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    eval_scores.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Read, score, measure and tell."""
    from gemsieve.cli.eval_toxicity_table import show

    return eval_scores.evaluate(args, figures, show)


def figures(args: argparse.Namespace, found: Scored) -> dict[str, Any]:
    """Return the figures of all texts, of each source, and the mean area over sources."""
    rows = found.read.rows
    by_source: defaultdict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        by_source[NOWHERE if row.source is None else row.source].append(place)
    names = [] if by_source.keys() == {NOWHERE} else sorted(by_source)
    sources = {name: counted(rows, by_source[name], found, args.seed) for name in names}
    return {
        "all": counted(rows, range(len(rows)), found, args.seed),
        "sources": sources,
        "mean_auc": {side.name: mean_auc(sources, side.name) for side in found.sides},
    }


def counted(rows: list[Row], places: range | list[int], found: Scored, seed: int) -> dict[str, Any]:
    """Return how many of some texts are toxic, and each side's figures on them."""
    toxic = [rows[place].toxic for place in places]
    return {
        "texts": len(toxic),
        "toxic": sum(toxic),
        "sides": {side.name: measured(toxic, side, places, seed) for side in found.sides},
    }


def measured(
    toxic: list[bool], side: Side, places: range | list[int], seed: int
) -> dict[str, dict[str, Any]]:
    """Return every figure with its interval; None for one of nothing."""
    from gemsieve.filters.ranking import scored

    found = scored(toxic, [side.scores[place] for place in places], side.limit, seed)
    return {
        name: {"value": number(value), "interval": [number(bound) for bound in interval]}
        for name, (value, interval) in found.items()
    }


def mean_auc(sources: dict[str, Any], side: str) -> float | None:
    """Return the mean area under the curve over the sources that have both classes."""
    areas = [source["sides"][side]["auc"]["value"] for source in sources.values()]
    known = [area for area in areas if area is not None]
    return sum(known) / len(known) if known else None
