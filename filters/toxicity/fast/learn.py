"""From labelled rows to tables: a regression for toxicity and for each kind, then calibration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gemsieve.filters.toxicity import metrics
from gemsieve.filters.toxicity.calibration import Calibration
from gemsieve.filters.toxicity.data import SOURCES, Row
from gemsieve.filters.toxicity.fast import fit
from gemsieve.filters.toxicity.fast.model import Model
from gemsieve.filters.toxicity.fast.tables import Tables, uncalibrated
from gemsieve.filters.toxicity.kinds import KINDS

LABELS = ("toxicity", *KINDS)
ENGLISH = frozenset(source.name for source in SOURCES if source.language == "en")
LOST = 0.015  # of a kind's area under the curve, at most, by not computing it below the gate
GATES = tuple(i / 100 for i in range(35, 0, -5))

Doubles = npt.NDArray[np.float64]


def learnt(learned: Sequence[Row], labels: Sequence[str] = LABELS) -> Tables:
    """Learn tables; a row that is repeated counts as often, and groups of sets have an offset."""
    counted = Counter(learned)
    rows = [*counted]
    groups = [offset_of(row.source) for row in rows]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(groups))}
    sets = np.array([numbers[name] for name in groups])
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


def offset_of(source: str) -> str:
    """Return what shares an offset with a set: English and what is written here, or it alone.

    Among English sets an offset takes away more of what tells toxic texts than of what tells sets.
    """
    return "" if source in ENGLISH else source


def calibrated(tables: Tables, rows: Sequence[Row]) -> Tables:
    """Fit each label's curve, and the gate, on rows of one passage that were not learned from."""
    rows, chances = single(Model(tables), rows)
    curves = [
        curve(rows, column, label) for label, column in zip(tables.labels, chances.T, strict=True)
    ]
    tables = replace(
        tables,
        slopes=np.array([one.slope for one in curves]),
        shifts=np.array([one.intercept for one in curves]),
    )
    _, chances = single(Model(tables), rows)
    for gate in GATES:
        outside = ratios(chances, gate)
        guessed = np.where(chances[:, :1] < gate, chances[:, :1] * outside, chances)
        if all(lost(rows, chances, guessed, i) <= LOST for i in range(1, len(tables.labels))):
            return replace(tables, gate=gate, outside=outside)
    return tables


def ratios(chances: Doubles, gate: float) -> Doubles:
    """Return how probable each label is below a gate, by the probability of toxicity there."""
    below = chances[chances[:, 0] < gate].sum(axis=0)
    return np.asarray(below / max(below[0], 1e-9)).round(6)


def lost(rows: Sequence[Row], chances: Doubles, guessed: Doubles, column: int) -> float:
    """Return how much less area under its curve a label has when it is guessed."""
    known, truth = truths(rows, LABELS[column])
    return metrics.auc(truth, chances[known, column]) - metrics.auc(truth, guessed[known, column])


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
