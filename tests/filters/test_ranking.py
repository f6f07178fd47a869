"""Figures of labelled scores: against scikit-learn, against their definitions, and their laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters.intervals import wilson
from gemsieve.filters.ranking import Ranking, auc, auc_interval, calibration_error, scored

# Few distinct scores, so that ties are the rule.
PAIRS = st.lists(st.tuples(st.booleans(), st.integers(0, 8).map(lambda n: n / 8)), min_size=2)
BOTH = PAIRS.filter(lambda pairs: len({toxic for toxic, _ in pairs}) == 2)
Pairs = list[tuple[bool, float]]


def parted(pairs: Pairs) -> tuple[list[bool], list[float]]:
    """Return labels and scores."""
    return [toxic for toxic, _ in pairs], [score for _, score in pairs]


@given(BOTH)
def test_areas_and_precision_are_those_of_scikit_learn(pairs: Pairs) -> None:
    """The area under the ROC curve and the average precision are the peer's, with any ties."""
    peer = pytest.importorskip("sklearn.metrics")
    labels, scores = parted(pairs)
    assert auc(labels, scores) == pytest.approx(peer.roc_auc_score(labels, scores))
    ours = Ranking.of(labels, scores).figures()["average_precision"]
    assert ours == pytest.approx(peer.average_precision_score(labels, scores))


@given(BOTH, st.data())
def test_counting_a_text_twice_is_having_it_twice(pairs: Pairs, data: st.DataObject) -> None:
    """Weights, which resampling rests on, mean repetition, in every figure."""
    labels, scores = parted(pairs)
    times = data.draw(st.lists(st.integers(0, 3), min_size=len(pairs), max_size=len(pairs)))
    ranking = Ranking.of(labels, scores)
    order = np.lexsort((np.array(labels, float), -np.array(scores)))
    weighted = ranking.figures(0.5, np.array(times, float)[order])
    repeated = [pair for pair, count in zip(pairs, times, strict=True) for _ in range(count)]
    if not repeated:
        return
    expected = Ranking.of(*parted(repeated)).figures(0.5)
    assert weighted == pytest.approx(expected, nan_ok=True)


@given(BOTH, st.sampled_from([0.8, 0.9, 0.95]), st.sampled_from([0.01, 0.05]))
def test_rates_on_the_curve_are_the_best_of_all_limits(
    pairs: Pairs, caught: float, alarms: float
) -> None:
    """No limit that catches so many flags fewer, and none that flags so few catches more."""
    labels, scores = parted(pairs)
    rates = []
    for limit in [-1.0, *scores]:
        over = [(toxic, score > limit) for toxic, score in pairs]
        tpr, fpr = (
            sum(flag for toxic, flag in over if toxic is kind) / labels.count(kind)
            for kind in (True, False)
        )
        rates.append((tpr, fpr))
    found = Ranking.of(labels, scores).figures()
    assert found[f"fpr_at_tpr_{caught:g}"] == min(f for t, f in rates if t >= caught - 1e-12)
    assert found[f"tpr_at_fpr_{alarms:g}"] == max(t for t, f in rates if f <= alarms + 1e-12)


@given(BOTH, st.integers(0, 8).map(lambda n: n / 8))
def test_a_limit_acts_above_itself(pairs: Pairs, limit: float) -> None:
    """Precision, recall, F1 and false positives are those of the texts that score above it."""
    labels, scores = parted(pairs)
    hits = sum(toxic and score > limit for toxic, score in pairs)
    flagged = sum(score > limit for score in scores)
    found = Ranking.of(labels, scores).figures(limit)
    expected = {
        "precision": hits / flagged if flagged else math.nan,
        "recall": hits / sum(labels),
        "f1": 2 * hits / (flagged + sum(labels)),
        "false_positive_rate": (flagged - hits) / labels.count(False),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, nan_ok=True)


@given(BOTH)
def test_the_order_of_texts_is_nothing(pairs: Pairs) -> None:
    """Figures and intervals are the same bytes whatever the order of the texts."""
    found = (scored(*parted(some), 0.5, rounds=10) for some in (pairs, sorted(pairs)))
    assert len({repr(figures) for figures in found}) == 1


def test_intervals_hold_what_is_true_of_the_world() -> None:
    """Of 300 samples from one world, about 95 % of the intervals hold its figure."""
    rng = np.random.default_rng(3)
    labels = np.repeat([True, False], [60, 140])
    # Normal scores one deviation apart: the area is the normal distribution at 1 / sqrt 2.
    area = 0.5 * (1 + math.erf(0.5))
    held = 0
    for _ in range(300):
        low, high = auc_interval(labels, rng.normal(labels.astype(float)))
        held += low <= area <= high
    assert 270 <= held <= 297


def test_resampling_holds_the_value_and_narrows_with_more_texts() -> None:
    """The bootstrap's interval is around the figure and shrinks as texts grow in number."""
    rng = np.random.default_rng(5)
    widths = []
    for size in (100, 1600):
        labels = rng.random(size) < 0.4
        scores = np.clip(rng.normal(0.4 + 0.2 * labels, 0.2), 0, 1)
        ranking = Ranking.of(labels, scores)
        bounds, values = ranking.intervals(0.5, seed=1, rounds=200), ranking.figures(0.5)
        assert bounds == ranking.intervals(0.5, seed=1, rounds=200)
        for name in ("average_precision", "f1", "fpr_at_tpr_0.8"):
            assert bounds[name][0] <= values[name] <= bounds[name][1]
        widths.append(bounds["average_precision"][1] - bounds["average_precision"][0])
    assert widths[1] < widths[0] / 2


def test_a_perfect_order_of_few_texts_proves_little() -> None:
    """Where all pairs agree, the interval is that of as many pairs as share no text."""
    labels = [True] * 5 + [False] * 40
    assert auc_interval(labels, labels) == wilson(5, 5)
    assert auc_interval(labels, [not toxic for toxic in labels]) == wilson(0, 5)
    assert auc_interval([True, False], [1, 0]) == (0.0, 1.0)


def test_a_figure_of_nothing_is_no_number() -> None:
    """One class, or no text at all, gives NaN and bounds that exclude nothing."""
    assert math.isnan(auc([True, True], [0.1, 0.9]))
    none = scored([], [], 0.5)
    assert all(math.isnan(value) for value, _ in none.values())
    harmless = scored([False, False], [0.1, 0.9], 0.5)
    assert math.isnan(harmless["average_precision"][0])
    assert harmless["average_precision"][1] == (-math.inf, math.inf)
    assert harmless["false_positive_rate"][0] == 0.5


def test_scores_that_are_no_probabilities_have_no_calibration() -> None:
    """The calibration error is left out where a score lies outside 0..1; else by its definition."""
    assert "calibration_error" not in Ranking.of([True, False], [1.5, 0.2]).figures()
    labels, scores = [True, True, False, True], [0.9, 0.95, 0.1, 0.1]
    expected = (abs(2 - 1.85) + abs(1 - 0.2)) / 4
    assert calibration_error(labels, scores) == pytest.approx(expected)
    found = Ranking.of(labels, scores).figures()["calibration_error"]
    assert found == pytest.approx(expected)
