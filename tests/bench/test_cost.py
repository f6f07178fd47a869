"""What a terabyte costs follows from the speed and the prices alone."""

import pytest
from cost import Prices, dollars_per_terabyte, hours_per_terabyte
from hypothesis import given
from hypothesis import strategies as st


def test_a_case_by_hand() -> None:
    """At 2.5 MB/s a terabyte takes 400,000 CPU seconds; a vCPU with 2 GB at .1 and .05 is .2."""
    assert hours_per_terabyte(2.5, overhead=0) == pytest.approx(400_000 / 3600)
    prices = Prices(vcpu_hour=0.1, gigabyte_hour=0.05, gigabytes_per_vcpu=2)
    assert dollars_per_terabyte(2.5, prices, overhead=0.8) == pytest.approx(40)


@given(speed=st.floats(0.01, 100), faster=st.floats(1, 100))
def test_speed_pays(speed: float, faster: float) -> None:
    """So many times the speed costs as many times less."""
    slow, fast = (dollars_per_terabyte(s, Prices()) for s in (speed, speed * faster))
    assert slow == pytest.approx(fast * faster)
