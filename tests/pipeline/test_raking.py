"""Weights reach stated shares where that can be, stay within their cap, and cost what is told."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemsieve.pipeline.mitigate.raking import Groups, effective, fit, shares

GENDER = ("f", "m", "n")
FAITH = ("x", "y")
SETS: list[Groups] = [
    tuple(sorted(genders + faiths))
    for genders in [(), ("f",), ("m",), ("n",), ("f", "m"), ("f", "m", "n")]
    for faiths in [(), ("x",), ("y",), ("x", "y")]
]
tables = st.fixed_dictionaries({groups: st.integers(1, 500) for groups in SETS})
parts = st.integers(20, 80).map(lambda percent: percent / 100)


def axis(labels: tuple[str, ...], first: float) -> dict[str, float]:
    """Return shares of these labels, of which the first has the given one."""
    rest = (1 - first) / (len(labels) - 1)
    return {labels[0]: first} | dict.fromkeys(labels[1:], rest)


def mass(table: dict[Groups, int], weights: dict[Groups, float]) -> dict[Groups, float]:
    """Return what the records of each set count for."""
    return {groups: n * weights[groups] for groups, n in table.items()}


@given(table=tables, first=parts, second=parts)
def test_shares_are_reached_on_both_axes(
    table: dict[Groups, int], first: float, second: float
) -> None:
    """Where every set occurs and weights are free, groups have their shares; no weight is lost."""
    wanted = [axis(GENDER, first), axis(FAITH, second)]
    found = fit(table, wanted, cap=1e9)
    weighted = mass(table, dict(found.weights))
    for shares_, target in zip(found.reached, wanted, strict=True):
        assert shares_ == pytest.approx(target, abs=1e-4)
        assert shares(weighted, target) == shares_
    assert sum(weighted.values()) == pytest.approx(sum(table.values()), rel=1e-6)
    assert found.weights[()] == 1


@settings(max_examples=40)
@given(
    table=st.dictionaries(st.sampled_from(SETS), st.integers(0, 500)),
    first=parts,
    cap=st.floats(1, 50),
)
def test_any_table_keeps_the_cap_and_the_sum(
    table: dict[Groups, int], first: float, cap: float
) -> None:
    """Whatever can be reached: weights are within the cap, and their mean over records is 1."""
    found = fit(table, [axis(GENDER, first), axis(FAITH, 0.5)], cap)
    assert set(found.weights) == set(table)
    assert all(1 / cap - 1e-6 <= weight <= cap + 1e-6 for weight in found.weights.values())
    total = sum(mass(table, dict(found.weights)).values())
    assert total == pytest.approx(sum(table.values()), rel=1e-5)


@given(st.integers(1, 1000), st.integers(1, 1000), parts)
def test_one_group_a_record_is_post_stratification(women: int, men: int, share: float) -> None:
    """Without records about both, a weight is the group's target over its share, in one round."""
    found = fit({("f",): women, ("m",): men}, [{"f": share, "m": 1 - share}], cap=1e9)
    whole = women + men
    assert found.weights["f",] == pytest.approx(share * whole / women, rel=1e-4)
    assert found.weights["m",] == pytest.approx((1 - share) * whole / men, rel=1e-4)
    assert found.rounds <= 1


def test_a_balanced_table_is_left_alone() -> None:
    """Weighing again what has its shares changes nothing: all weights are 1."""
    table = {("f",): 50, ("m",): 50, ("f", "m"): 7, (): 1000}
    assert set(fit(table, [{"f": 0.5, "m": 0.5}], cap=5).weights.values()) == {1.0}


def test_what_cannot_be_reached_shows_in_the_shares() -> None:
    """An absent group has share 0, and the others keep their proportions; a cap leaves a gap."""
    absent = fit({("f",): 90, ("m",): 10}, [{"f": 0.4, "m": 0.4, "n": 0.2}], cap=100)
    assert absent.reached[0] == pytest.approx({"f": 0.5, "m": 0.5, "n": 0.0}, abs=1e-5)
    capped = fit({("f",): 1, ("m",): 99}, [{"f": 0.5, "m": 0.5}], cap=5)
    assert capped.reached[0]["f"] == pytest.approx(0.05)
    assert capped.weights["f",] == 5
    together = fit({("f", "m"): 100, ("m",): 100}, [{"f": 0.7, "m": 0.3}], cap=50)
    assert together.reached[0]["f"] < 0.5


def test_an_empty_table_has_no_shares() -> None:
    """Of nothing, and of records about nobody, no share is made up."""
    assert fit({}, [{"f": 1.0}], cap=5).reached == [{"f": 0.0}]
    nobody = fit({(): 10}, [{"f": 1.0}], cap=5)
    assert (nobody.weights, nobody.reached) == ({(): 1.0}, [{"f": 0.0}])


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=30))
def test_effective_size_is_kishs(weights: list[float]) -> None:
    """It is n over one plus the squared coefficient of variation, and n for equal weights."""
    n, mean = len(weights), math.fsum(weights) / len(weights)
    variance = math.fsum((w - mean) ** 2 for w in weights) / n
    assert effective(Counter(weights)) == pytest.approx(n / (1 + variance / mean**2))
    assert effective({weights[0]: 17}) == pytest.approx(17)
    assert effective({}) == 0
