"""From labelled rows to tables: one regression for toxicity, one for each kind, then calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gemsieve.filters.toxicity import metrics
from gemsieve.filters.toxicity.calibration import Calibration
from gemsieve.filters.toxicity.data import Row
from gemsieve.filters.toxicity.fast import fit
from gemsieve.filters.toxicity.fast.model import Model
from gemsieve.filters.toxicity.fast.tables import Tables, uncalibrated
from gemsieve.filters.toxicity.kinds import KINDS

LABELS = ("toxicity", *KINDS)
PASSED_OVER = 0.02  # of a kind's texts, at most, whose toxicity may lie below the gate
GATES = tuple(i / 100 for i in range(5, 51))

Doubles = npt.NDArray[np.float64]


def learnt(parts: Mapping[str, Sequence[Row]], labels: Sequence[str] = LABELS) -> Tables:
    """Learn tables from rows by where they came from; a row that is repeated counts as often."""
    counted: dict[tuple[str, Row], int] = {}
    for name, rows in parts.items():
        for row in rows:
            counted[name, row] = counted.get((name, row), 0) + 1
    rows = [row for _, row in counted]
    numbers = {name: number for number, name in enumerate(parts)}
    sets = np.array([numbers[name] for name, _ in counted])
    features = fit.features([row.text for row in rows])
    rare = fit.rarity(features)
    matrix = fit.scaled(features, rare)
    targets = np.array([row.target for row in rows])
    thetas = [fit.learn(matrix, targets, np.array([*counted.values()], float), sets)]
    for kind in labels[1:]:
        known = np.flatnonzero([kind in row.kinds for row in rows])
        truth = np.array([rows[i].kinds[kind] for i in known], float)
        thetas.append(fit.learn(matrix[known], truth, np.ones(len(known)), sets[known]))
    return uncalibrated(labels, fit.families(thetas, rare))


def calibrated(tables: Tables, rows: Sequence[Row]) -> Tables:
    """Fit each label's curve and the gate on rows that are one passage and were not learned from."""
    rows, chances = single(Model(tables), rows)
    curves = [curve(rows, column, label) for label, column in zip(tables.labels, chances.T)]
    tables = replace(
        tables,
        slopes=np.array([one.slope for one in curves]),
        shifts=np.array([one.intercept for one in curves]),
    )
    _, chances = single(Model(tables), rows)
    gate = max((g for g in GATES if passed_over(rows, chances, g) <= PASSED_OVER), default=0.0)
    below = chances[chances[:, 0] < gate]
    outside = below.sum(axis=0) / max(below[:, 0].sum(), 1e-9) if len(below) else np.zeros(1)
    return replace(tables, gate=gate, outside=np.resize(outside, len(tables.labels)).round(6))


def single(model: Model, rows: Sequence[Row]) -> tuple[list[Row], Doubles]:
    """Return the rows that are one passage, with their scores."""
    found = model([row.text for row in rows])
    text = found.words.text
    alone = np.bincount(text, minlength=len(rows))[text] == 1
    return [rows[i] for i in text[alone]], found.scores[alone]


def truths(rows: Sequence[Row], label: str) -> tuple[list[int], list[bool]]:
    """Return the numbers of rows for which a label's truth is known, and the truth."""
    if label == LABELS[0]:
        return [*range(len(rows))], [row.toxic for row in rows]
    known = [i for i, row in enumerate(rows) if label in row.kinds]
    return known, [rows[i].kinds[label] for i in known]


def curve(rows: Sequence[Row], chances: Doubles, label: str) -> Calibration:
    """Return the curve that makes a label's bare scores probabilities."""
    known, truth = truths(rows, label)
    return metrics.fit(truth, chances[known])


def passed_over(rows: Sequence[Row], chances: Doubles, gate: float) -> float:
    """Return the largest share, of any kind's texts, whose toxicity lies below a gate."""
    shares = [0.0]
    for kind in KINDS:
        known, truth = truths(rows, kind)
        toxicity = chances[known, 0][np.array(truth, bool)]
        shares.append(float((toxicity < gate).mean()) if len(toxicity) else 0.0)
    return max(shares)
