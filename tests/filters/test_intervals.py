"""Intervals that hold what they promise: published values, and the equations they solve."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemsieve.filters.intervals import Z, chance, difference, mean, ratio, wilson

COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
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


def test_wilson_agrees_with_published_values() -> None:
    """Newcombe 1998 (Stat. Med. 17:857), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0000, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for counts, interval in published.items():
        assert wilson(*counts) == pytest.approx(interval, abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


def test_difference_agrees_with_published_values() -> None:
    """Newcombe 1998 (Stat. Med. 17:873), table II, method 10: three of its examples."""
    published = {
        (56, 70, 48, 80): (0.0524, 0.3339),
        (9, 10, 3, 10): (0.1705, 0.8090),
        (10, 10, 0, 20): (0.6791, 1.0000),
    }
    for counts, interval in published.items():
        assert difference(*counts) == pytest.approx(interval, abs=5e-5)
    assert difference(1, 2, 0, 0) == (-1.0, 1.0)


@given(COUNTS, COUNTS)
def test_difference_turned_over_is_its_negative(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    """It holds the difference; which of two proportions is named first changes only its sign."""
    low, high = difference(*first, *second)
    assert low <= first[0] / first[1] - second[0] / second[1] <= high
    assert difference(*second, *first) == pytest.approx((-high, -low))


@settings(max_examples=25)  # the peer is slow
@given(COUNTS, COUNTS)
def test_chance_is_that_of_the_chi_squared_test(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    """SciPy's test of the table of hits and misses, uncorrected, gives the same."""
    stats = pytest.importorskip("scipy.stats")
    table = [[hits, trials - hits] for hits, trials in (first, second)]
    if any(not sum(column) for column in zip(*table, strict=True)):
        assert chance(*first, *second) == 1.0
        return
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert chance(*first, *second) == pytest.approx(expected, rel=1e-6, abs=1e-300)


def test_ratio_agrees_with_published_values() -> None:
    """Koopman 1984: 36 of 40 over 16 of 80 is 2.94 to 7.15; others by statsmodels 0.14."""
    published = {
        (36, 40, 16, 80): (2.9395692, 7.1522234),
        (12, 300, 40, 3000): (1.6015257, 5.5704724),
        (0, 20, 5, 50): (0.0, 1.7281616),
        (5, 50, 0, 20): (0.5786496, math.inf),
    }
    for counts, interval in published.items():
        assert ratio(*counts) == pytest.approx(interval, rel=1e-6, abs=1e-9)
    assert ratio(0, 5, 0, 9) == ratio(0, 0, 3, 9) == ratio(3, 9, 0, 0) == (0.0, math.inf)


@given(COUNTS, COUNTS)
def test_ratio_turned_over_is_the_inverse(first: tuple[int, int], second: tuple[int, int]) -> None:
    """Which group is divided by which cannot matter, and the estimate lies inside."""
    low, high = ratio(*first, *second)
    turned_low, turned_high = ratio(*second, *first)
    assert low == pytest.approx(1 / turned_high if turned_high else math.inf, rel=1e-6)
    assert high == pytest.approx(1 / turned_low if turned_low else math.inf, rel=1e-6)
    if second[0]:
        estimate = first[0] / first[1] / (second[0] / second[1])
        assert low <= estimate * (1 + 1e-9)
        assert high >= estimate * (1 - 1e-9)


def test_ratio_covers_the_truth_as_often_as_it_says() -> None:
    """Of 2,000 drawn pairs of proportions with ratio 2, the interval holds it in 94 to 97 %."""
    rng = random.Random(1)

    def hits(share: float, trials: int) -> int:
        return sum(rng.random() < share for _ in range(trials))

    held = 0
    for _ in range(2000):
        low, high = ratio(hits(0.2, 60), 60, hits(0.1, 150), 150)
        held += low <= 2 <= high
    assert 0.94 <= held / 2000 <= 0.97


@given(st.lists(st.floats(0, 1), min_size=2, max_size=50))
def test_a_mean_from_sums_is_that_of_the_values(values: Sequence[float]) -> None:
    """Sums alone give the mean plus and minus 1.96 standard errors."""
    low, high = mean(len(values), sum(values), sum(v * v for v in values))
    middle = sum(values) / len(values)
    spread = math.sqrt(sum((v - middle) ** 2 for v in values) / (len(values) - 1) / len(values))
    assert (low + high) / 2 == pytest.approx(middle, abs=1e-9)
    assert (high - low) / 2 == pytest.approx(Z * spread, abs=1e-6)
    assert mean(1, 0.5, 0.25) == (-math.inf, math.inf)
