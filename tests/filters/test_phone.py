"""Our telephone search against phonenumbers' own matcher, on anything at all."""

from __future__ import annotations

import re

import regex
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.strategies import PHONES

from gemsieve.filters.pii.phone import EXTENSION, ISLAND, SEA, PhoneSearch
from gemsieve.filters.pii.plan import allows
from gemsieve.filters.pii.projection import project

REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")

thorough = settings(suppress_health_check=[HealthCheck.too_slow])


@given(
    st.one_of(
        st.lists(st.sampled_from(PHONES), max_size=60).map("".join),
        st.lists(st.sampled_from([*"1/ (\n", "6502530000", "22", ":00"]), max_size=20).map("".join),
    ),
    st.integers(1, 20),
)
@example("0\uff0d0,0", 1)
@example("1 / 6502530000", 3)
@example("1// 1:0016502530000", 7)
@settings(thorough, max_examples=600)
def test_patience_ends_where_the_matcher_ends_it(text: str, patience: int) -> None:
    """Given up after so many candidates, a text shows just the numbers found before."""
    from phonenumbers import PhoneNumberMatcher

    expected = {
        (match.start, match.end)
        for region in REGIONS
        for match in PhoneNumberMatcher(text, region, leniency=1, max_tries=patience)
    }
    projected = project(text)
    search = PhoneSearch(REGIONS, 1, patience)
    if search.counts(projected):
        assert search.spans(text, projected, []) == expected


# Numbers that are valid somewhere, and others.
DIALLED = st.one_of(
    st.text("0123456789", min_size=1, max_size=15),
    st.sampled_from(["6502530000", "2070313000", "30303986300", "142685300", "21234567"]),
    st.sampled_from(["8041234567", "1161234567", "2125552368", "7400123456", "15123456789"]),
    st.sampled_from(["612345678", "11961234567"]),
)


@given(DIALLED, st.sampled_from(REGIONS))
@example("116502530000", "US")
@settings(thorough, max_examples=500)
def test_no_plan_denies_a_number_that_the_matcher_finds(digits: str, region: str) -> None:
    """The quick look at the numbering plan never rules out a valid number."""
    from phonenumbers import PhoneNumberMatcher

    for prefix in (
        "",
        "0",
        "1",
        "00",
        "90",
        "11",
        "44",
        "49",
        "490",
        "33",
        "972",
        "91",
        "55",
        "5590",
    ):
        number = prefix + digits
        if list(PhoneNumberMatcher(number, region, leniency=1)):
            assert allows(region, number)


def test_no_number_has_fewer_than_four_characters() -> None:
    """Islands with three letters or digits at most hold no number in any region."""
    from phonenumbers import PhoneNumberMatcher

    for number in range(1000):
        for text in {f"{number}", f"{number:03}", f"+{number}", f"+{number:03}", f"{number:02}x"}:
            for region in REGIONS:
                assert not list(PhoneNumberMatcher(text, region, leniency=1))


def test_the_sea_holds_every_character_of_an_island() -> None:
    """Going back over the sea from within an island always reaches its start."""
    sea, island = regex.compile(SEA, regex.I), re.compile(ISLAND, re.I)
    label = re.compile(f"1{EXTENSION}2", re.I)
    for code in range(0x110000):
        sign = chr(code)
        inside = island.fullmatch(sign) or any(
            label.fullmatch(f"1{a}{sign}{b}2")
            for a, b in (("", "xt"), ("e", "t"), ("ex", ""), ("", ""), ("д", "б"), ("ane", "o"))
        )
        assert not inside or sea.fullmatch(sign), hex(code)
