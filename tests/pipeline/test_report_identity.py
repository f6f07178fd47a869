"""Removal rates by group, with intervals that hold what they promise."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.pipeline.report_identity import ENOUGH, groups, wilson
from gemsieve.pipeline.tally import Tally


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_solves_the_score_equation(counts: tuple[int, int]) -> None:
    """At a bound the observed share lies 1.959964 standard errors of the bound away from it."""
    hits, trials = counts
    share = hits / trials

    def root(inside: float, outside: float) -> float:
        """Find by bisection where the score statistic passes the quantile."""
        for _ in range(80):
            middle = (inside + outside) / 2
            near = abs(share - middle) <= 1.959963985 * math.sqrt(middle * (1 - middle) / trials)
            inside, outside = (middle, outside) if near else (inside, middle)
        return inside

    low, high = wilson(hits, trials)
    assert low == pytest.approx(root(share, 0.0), abs=1e-7)
    assert high == pytest.approx(root(share, 1.0), abs=1e-7)
    assert 0 <= low <= share <= high <= 1


def test_few_records_are_insufficient() -> None:
    """A group of fewer than 30 records is compared with nothing, however it fared."""
    tally = Tally()
    tally.mentions["identity.age.old", "dropped"] = ENOUGH - 1
    tally.mentions["identity.age.young", "dropped"] = ENOUGH
    tally.mentions["identity.age.teen", "kept"] = 400
    tally.mentions["identity.age.adult", "kept"] = 90
    tally.mentions["identity.age.adult", "dropped"] = 10
    verdicts = {group.name: group.verdict for group in groups(tally, 0.1)}
    assert verdicts == {
        "old": "insufficient",
        "young": "above",
        "teen": "below",
        "adult": "within",
    }
