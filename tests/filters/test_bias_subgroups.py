"""Figures of groups: each by its definition, none where texts are few, and what gaps mean."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gemsieve.filters.bias.subgroups import (
    AREAS,
    ENOUGH,
    Figure,
    Subgroup,
    means,
    power_mean,
    subgroup,
    widest,
)
from gemsieve.filters.intervals import wilson

Arrays = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def world(shift: float = 0.0, seed: int = 1, size: int = 400) -> Arrays:
    """Return labels, scores and members: a third are of the group, whose scores are shifted."""
    rng = np.random.default_rng(seed)
    toxic, member = rng.random(size) < 0.4, rng.random(size) < 0.3
    scores = np.round(rng.normal(0.35 + 0.3 * toxic + shift * member, 0.15), 2)
    return toxic, scores, member


def values(found: Subgroup) -> dict[str, float]:
    """Return what is known of a group."""
    known = {field.name: getattr(found, field.name) for field in fields(found)}
    return {name: f.value for name, f in known.items() if isinstance(f, Figure)}


def test_areas_compare_the_texts_that_they_name() -> None:
    """Subgroup, BPSN and BNSP areas are scikit-learn's, on the texts that the paper says."""
    peer = pytest.importorskip("sklearn.metrics")
    toxic, scores, member = world(0.2)
    found = values(subgroup(toxic, scores, member, 0.5))
    for name, chosen in {
        "subgroup_auc": member,
        "bpsn_auc": member & ~toxic | ~member & toxic,
        "bnsp_auc": member & toxic | ~member & ~toxic,
    }.items():
        assert found[name] == pytest.approx(peer.roc_auc_score(toxic[chosen], scores[chosen]))


def test_gaps_are_areas_between_curves() -> None:
    """An equality gap is the mean over limits of what one rate has over the other: by counting."""
    toxic, scores, member = world(0.1, size=300)
    found = values(subgroup(toxic, scores, member, 0.5))
    for name, kind in {"positive_gap": toxic, "negative_gap": ~toxic}.items():
        group, background = scores[kind & member], scores[kind & ~member]
        wins = sum(float(a > b) + 0.5 * float(a == b) for a in group for b in background)
        assert found[name] == pytest.approx(wins / len(group) / len(background) - 0.5)


def test_a_group_that_scores_higher_is_seen_in_each_figure() -> None:
    """Higher scores of one group: low BPSN, high BNSP, gaps above 0, more false positives."""
    fair, unfair = (values(subgroup(*world(shift), limit=0.5)) for shift in (0.0, 0.2))
    assert abs(fair["negative_gap"]) < 0.1 < unfair["negative_gap"]
    assert abs(fair["positive_gap"]) < 0.1 < unfair["positive_gap"]
    assert unfair["bpsn_auc"] < fair["bpsn_auc"] - 0.1
    assert unfair["bnsp_auc"] > fair["bnsp_auc"]
    assert unfair["false_positives"] > fair["false_positives"] + 0.2
    assert unfair["false_negatives"] < fair["false_negatives"]
    assert unfair["subgroup_auc"] == pytest.approx(fair["subgroup_auc"], abs=0.02)


def test_rates_are_those_of_the_limit() -> None:
    """False positives and negatives are shares of the group's texts, with Wilson's bounds."""
    toxic, scores, member = world()
    found = subgroup(toxic, scores, member, 0.5)
    alarms, harmless = int((scores[member & ~toxic] > 0.5).sum()), int((member & ~toxic).sum())
    assert found.false_positives == Figure(alarms / harmless, wilson(alarms, harmless))
    missed, hateful = int((scores[member & toxic] <= 0.5).sum()), int((member & toxic).sum())
    assert found.false_negatives == Figure(missed / hateful, wilson(missed, hateful))
    assert subgroup(toxic, scores, member, None).false_positives is None


@given(st.integers(0, 2 * ENOUGH), st.integers(0, 2 * ENOUGH))
def test_few_texts_are_insufficient(hateful: int, harmless: int) -> None:
    """A figure is there when each class that it compares has 30 texts, and not otherwise."""
    toxic = np.array([True] * hateful + [False] * harmless + [True, False] * ENOUGH)
    member = np.arange(len(toxic)) < hateful + harmless
    found = subgroup(toxic, np.linspace(0, 1, len(toxic)), member, 0.5)
    assert (found.toxic, found.harmless) == (hateful, harmless)
    of_toxic = {"bnsp_auc", "positive_gap", "false_negatives"} if hateful >= ENOUGH else set()
    of_harmless = {"bpsn_auc", "negative_gap", "false_positives"} if harmless >= ENOUGH else set()
    both = {"subgroup_auc"} if of_toxic and of_harmless else set()
    assert values(found).keys() == of_toxic | of_harmless | both


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=9))
def test_the_mean_over_groups_leans_to_the_worst(areas: list[float]) -> None:
    """It is the generalised mean of power -5: between the least and the arithmetic mean."""
    found = power_mean(areas)
    assert min(areas) - 1e-9 <= found <= sum(areas) / len(areas) + 1e-9
    expected = (sum(area**-5 for area in areas) / len(areas)) ** (-1 / 5)
    assert found == pytest.approx(expected)
    assert power_mean([0.0, *areas]) == 0.0


def test_means_and_gaps_pass_over_what_is_insufficient() -> None:
    """A group without a figure takes no part in the mean, nor in the widest gap."""
    toxic, scores, member = world()
    few = np.arange(len(toxic)) < 5
    groups = {
        "a": subgroup(toxic, scores, member, 0.5),
        "b": subgroup(toxic, scores + 0.2 * ~member, ~member, 0.5),
        "few": subgroup(toxic, scores, few, 0.5),
    }
    assert means(groups.values()) == means([groups["a"], groups["b"]])
    assert set(means(groups.values())) == set(AREAS)
    gap = widest(groups, "false_positives")
    assert gap is not None
    assert (gap.highest, gap.lowest) == ("b", "a")
    a, b = (values(groups[name])["false_positives"] for name in "ab")
    assert gap.value == pytest.approx(b - a)
    assert widest({"a": groups["a"], "few": groups["few"]}, "false_positives") is None
