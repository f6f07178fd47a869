"""`gemsieve eval bias`: how differently scores treat groups of people, on labelled texts."""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gemsieve.cli import eval_scores
from gemsieve.cli.check import number
from gemsieve.cli.eval_rows import Row
from gemsieve.cli.eval_scores import BATCH, Scored, Side

if TYPE_CHECKING:
    from gemsieve.filters.bias.subgroups import Figure, Subgroup


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    eval_scores.add_arguments(parser)
    parser.add_argument(
        "--groups-field",
        metavar="NAME",
        help="the field with the groups that a text is about; else whom our detector finds in it",
    )


def run(args: argparse.Namespace) -> int:
    """Read, score, measure and tell."""
    from gemsieve.cli.eval_bias_table import show

    return eval_scores.evaluate(args, figures, show)


def figures(args: argparse.Namespace, found: Scored) -> dict[str, Any]:
    """Return each side's figures by group, their means and widest gaps."""
    from gemsieve.filters.bias.subgroups import ENOUGH

    rows = found.read.rows
    groups = given(rows) if args.groups_field else mentioned(rows)
    return {
        "groups_from": args.groups_field or "identity",
        "enough": ENOUGH,
        "sides": {side.name: measured(rows, side, groups) for side in found.sides},
    }


def given(rows: list[Row]) -> dict[str, list[int]]:
    """Return the places of the texts that the file says are about each group."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for group in row.groups:
            groups[group].append(place)
    return dict(sorted(groups.items()))


def mentioned(rows: list[Row]) -> dict[str, list[int]]:
    """Return the places of the texts in which our detector finds each group mentioned."""
    from gemsieve.filters import Batch
    from gemsieve.filters.identity import IdentityDetector

    detector = IdentityDetector()
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for start in range(0, len(rows), BATCH):
        batch = Batch([row.text for row in rows[start : start + BATCH]])
        for place, findings in enumerate(detector(batch), start):
            for label in {finding.label for finding in findings}:
                groups[label.removeprefix("identity.")].append(place)
    return dict(sorted(groups.items()))


def measured(rows: list[Row], side: Side, groups: dict[str, list[int]]) -> dict[str, Any]:
    """Return one side's figures."""
    import numpy as np

    from gemsieve.filters.bias import subgroups
    from gemsieve.filters.ranking import auc, auc_interval

    toxic, scores = np.array([row.toxic for row in rows]), np.array(side.scores)
    by_group = {}
    for group, places in groups.items():
        member = np.zeros(len(rows), bool)
        member[places] = True
        by_group[group] = subgroups.subgroup(toxic, scores, member, side.limit)
    gaps = {name: subgroups.widest(by_group, name) for name in subgroups.RATES}
    return {
        "auc": jsonable(subgroups.Figure(auc(toxic, scores), auc_interval(toxic, scores))),
        "false_positives": jsonable(subgroups.rate(scores[~toxic], side.limit, over=True)),
        "false_negatives": jsonable(subgroups.rate(scores[toxic], side.limit, over=False)),
        "power_means": {
            name: number(mean) for name, mean in subgroups.means(by_group.values()).items()
        },
        "widest_gaps": {name: gap and asdict(gap) for name, gap in gaps.items()},
        "groups": {group: plain(found) for group, found in by_group.items()},
    }


def plain(found: Subgroup) -> dict[str, Any]:
    """Return one group's figures as JSON holds them; null is "insufficient"."""
    values = {name: getattr(found, name) for name in found.__dataclass_fields__}
    return {
        name: value if isinstance(value, int) else jsonable(value) for name, value in values.items()
    }


def jsonable(figure: Figure | None) -> dict[str, Any] | None:
    """Return a figure with its interval, or None."""
    if figure is None or number(figure.value) is None:
        return None
    return {"value": figure.value, "interval": list(figure.interval)}
