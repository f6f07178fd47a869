"""What the strong tier's card reports: figures on rows that training never saw."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gemsieve.filters.toxicity import metrics
from gemsieve.filters.toxicity.data import Part, Row, labelled
from gemsieve.filters.toxicity.held_out import HELD_OUT_HARMLESS, HELD_OUT_HOSTILE, held_out
from gemsieve.model.toxicity.rows import ENGLISH, LABELS
from gemsieve.model.toxicity.scorer import Scorer, probabilities

Curves = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Judged:
    """Rows of one part with the model's logits [rows, labels], by set."""

    rows: Mapping[str, Sequence[Row]]
    logits: Mapping[str, np.ndarray]

    def known(self, label: str) -> tuple[list[bool], np.ndarray]:
        """Return, of every row that tells of a label, the truth and the logit."""
        truth: list[bool] = []
        logits: list[float] = []
        column = LABELS.index(label)
        for name, some in self.rows.items():
            for row, logit in zip(some, self.logits[name][:, column], strict=True):
                told = row.toxic if column == 0 else row.kinds.get(label)
                if told is not None:
                    truth.append(told)
                    logits.append(float(logit))
        return truth, np.array(logits)


@dataclass(frozen=True)
class Figures:
    """The card's numbers; probabilities are calibrated, AUC is within a set.

    Attributes:
        sets: By set, rows, share of toxic ones, AUC and expected calibration error.
        labels: By label, positives, AUC and expected calibration error over all sets that tell.
        groups: By axis of identity, the probabilities of harmless sentences that name a group.
        hostile: The probabilities of hostile sentences about the same groups.
    """

    sets: Mapping[str, tuple[int, float, float, float]]
    labels: Mapping[str, tuple[int, float, float]]
    groups: Mapping[str, Sequence[float]]
    hostile: Sequence[float]


def judged(scorer: Scorer, data: Path, part: Part) -> Judged:
    """Score one part of every English set."""
    rows = {s.name: [r for r in labelled(data, s) if r.part == part] for s in ENGLISH}
    return Judged(rows, {n: scorer([r.text for r in some]) for n, some in rows.items()})


def calibration(dev: Judged) -> dict[str, dict[str, float]]:
    """Fit a logistic curve a label (Platt 1999) on the development part."""
    curves = {}
    for label in LABELS:
        truth, logits = dev.known(label)
        curve = metrics.fit(truth, 1 / (1 + np.exp(-logits)))
        curves[label] = {"slope": curve.slope, "intercept": curve.intercept}
    return curves


def measure(scorer: Scorer, test: Judged, curves: Curves, seed: int) -> Figures:
    """Return all figures of the card."""
    every = list(curves.values())
    sets = {}
    for name, some in test.rows.items():
        toxic = np.array([row.toxic for row in some])
        scores = probabilities(test.logits[name], every)[:, 0]
        error = metrics.calibration_error(toxic, scores)
        sets[name] = (len(some), float(toxic.mean()), metrics.auc(toxic, scores), error)
    labels = {}
    for label in LABELS:
        truth, logits = test.known(label)
        scores = probabilities(logits[:, None], [curves[label]])[:, 0]
        error = metrics.calibration_error(truth, scores)
        labels[label] = (sum(truth), metrics.auc(truth, scores), error)
    return Figures(sets, labels, *identities(scorer, every, seed))


def identities(
    scorer: Scorer, curves: Sequence[Mapping[str, float]], seed: int
) -> tuple[dict[str, list[float]], list[float]]:
    """Score sentences that no training saw: harmless ones by axis, and hostile ones."""
    rng = random.Random(seed)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for axis, sentence in held_out(HELD_OUT_HARMLESS, rng):
        found[axis].append(sentence)
    hostile = [sentence for _, sentence in held_out(HELD_OUT_HOSTILE, rng)]

    def scores(texts: Sequence[str]) -> list[float]:
        some: list[float] = probabilities(scorer(texts), curves)[:, 0].tolist()
        return some

    return {axis: scores(texts) for axis, texts in found.items()}, scores(hostile)


def mean_auc(figures: Figures) -> float:
    """Return the mean over sets."""
    return float(np.mean([auc for _, _, auc, _ in figures.sets.values()]))
