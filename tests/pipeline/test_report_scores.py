"""Histograms have the axis of the tally, and the limits of the policy."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters.policy import Action, Rule
from gemsieve.pipeline.report.scores import Histogram, Limit, limit
from gemsieve.pipeline.tally import bin_of


@given(st.floats(0, 1e12))
def test_a_value_lies_in_its_bin(value: float) -> None:
    """The axis puts a value into the bin that the tally counted it in."""
    count = Histogram("x", probability=False, kept=(), dropped=(), limits=(), blamed=0)
    share = Histogram("x", probability=True, kept=(), dropped=(), limits=(), blamed=0)
    place = bin_of(value, probability=False)
    assert place - 1e-9 <= count.position(value) <= place + 1 + 1e-9
    if value < 1:
        assert math.floor(share.position(value)) == bin_of(value, probability=True)


def test_limits_say_where_a_rule_acts() -> None:
    """A zone is where the rule acts, in words and numbers; a rule on mere presence has none."""
    assert limit(Rule(("x",), Action.KEEP)) is None
    assert limit(Rule(("x",), Action.DROP, above=0.25)) == Limit(
        "drop above 0.25", (0.25,), ((0.25, math.inf),)
    )
    assert limit(Rule(("x",), Action.REDACT, below=2)) == Limit(
        "redact below 2", (2,), ((-math.inf, 2),)
    )
    assert limit(
        Rule(("x",), Action.DROP, outside=(3, 1_000_000), when={"source": ("a*", "b")})
    ) == Limit(
        "drop outside 3 to 1,000,000 when source is a* or b",
        (3, 1_000_000),
        ((-math.inf, 3), (1_000_000, math.inf)),
    )
