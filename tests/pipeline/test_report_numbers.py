"""Rows for people add up to what the tally holds."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gemsieve.pipeline.report.counts import OUTCOMES, TOP, sources
from gemsieve.pipeline.tally import Tally

NAMES = st.sampled_from([f"s{i}" for i in range(60)])


@given(st.dictionaries(st.tuples(NAMES, st.sampled_from(OUTCOMES)), st.integers(1, 9), max_size=99))
def test_sources_lose_nothing(outcomes: dict[tuple[str, ...], int]) -> None:
    """However many sources there are, the lines add up to all records, the largest first."""
    found = sources(Tally(outcomes=Counter(outcomes)))
    assert sum(row.total for row in found) == sum(outcomes.values())
    assert len(found) <= TOP + 1
    largest = [row.total for row in found[:TOP]]
    assert largest == sorted(largest, reverse=True)
