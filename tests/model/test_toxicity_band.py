"""The band in which the fast tier is doubted."""

from __future__ import annotations

import numpy as np
import pytest

from gemsieve.model.toxicity.band import HIGH, LOW, Tiers, choose, tried_band

RNG = np.random.default_rng(0)
TOXIC = RNG.random(4_000) < 0.4


def tiers(doubt: float) -> Tiers:
    """Return a fast tier that guesses within `doubt` of a half, and a strong one that knows."""
    right = np.where(TOXIC, 0.99, 0.01) + RNG.uniform(-0.005, 0.005, TOXIC.size)
    lost = RNG.random(TOXIC.size) < 0.5
    fast = np.where(lost, RNG.uniform(0.5 - doubt, 0.5 + doubt, TOXIC.size), right)
    return Tiers(TOXIC, fast, right)


@pytest.mark.parametrize("doubt", [0.05, 0.2, 0.3])
def test_the_band_covers_the_doubt_and_little_else(doubt: float) -> None:
    """What the fast tier knows is not asked about; nearly all of the gain is kept."""
    chosen = choose({"one": tiers(doubt)}, kept=0.99)
    assert chosen.low <= 0.5 - 0.9 * doubt
    assert chosen.high >= 0.5 + 0.9 * doubt
    assert chosen.asked == pytest.approx(0.5, abs=0.05)
    assert chosen.cascade >= chosen.fast + 0.99 * (chosen.strong - chosen.fast)


def test_no_cheaper_band_keeps_as_much() -> None:
    """The choice is the least asked-about of those that keep the share of the gain."""
    sets = {"one": tiers(0.3), "other": tiers(0.1)}
    chosen = choose(sets)
    for low in LOW:
        for high in HIGH:
            other = tried_band(sets, low, high)
            enough = other.cascade >= other.fast + 0.9 * (other.strong - other.fast)
            assert not enough or other.asked >= chosen.asked


def test_a_strong_tier_that_is_worse_is_hardly_asked() -> None:
    """Where no band gains, the one that loses least is taken."""
    good = tiers(0.1)
    worse = Tiers(TOXIC, good.strong, np.where(TOXIC, 0.4, 0.6))
    assert choose({"one": worse}).asked < 0.05
