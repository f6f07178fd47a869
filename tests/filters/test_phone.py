"""Our telephone search against phonenumbers' own matcher, on anything at all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import phonenumbers
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from phonenumbers import SUPPORTED_REGIONS, Leniency, PhoneNumberMatcher, phonenumbermatcher
from presidio_analyzer import predefined_recognizers
from tests.counting import calls
from tests.strategies import PHONES

from gemsieve.filters.pii.phone import PhoneSearch
from gemsieve.filters.pii.phone.dialled import FEWEST, LONGEST, LONGEST_CODE, MOST, valid
from gemsieve.filters.pii.phone.parts import dividers
from gemsieve.filters.pii.phone.patience import counts
from gemsieve.filters.pii.phone.plan import NEVER, plan, shape
from gemsieve.filters.pii.phone.reading import PLAIN, parsed, read
from gemsieve.filters.pii.phone.search import WATER
from gemsieve.filters.pii.projection import project

REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
SIGNS = "+-. ()[]/\uff0b\uff08\uff09\u2013\uff0d\u2010\u30fc\uff0f\u3000\u00a0\u00ad\u200b\u2053"

# Numbers that are valid somewhere, and others.
DIALLED = st.one_of(
    st.text("0123456789", min_size=1, max_size=15),
    st.sampled_from(["6502530000", "2070313000", "30303986300", "142685300", "21234567", "1640"]),
    st.sampled_from(["8041234567", "1161234567", "2125552368", "7400123456", "15123456789"]),
    st.sampled_from(["612345678", "11961234567", "9002123456", "711234567", "801234567"]),
)
PREFIXES = ["", "0", "1", "00", "011", "90", "11", "44", "49", "490", "33", "972", "91", "55"]
PREFIXES += ["5590", "27", "+", "+1", "+44", "+49", "(+27)", "0014", "180020", "021"]
written = st.builds(
    lambda prefix, digits, sign, every: prefix + sign.join(re.findall(f".{{1,{every}}}", digits)),
    st.sampled_from(PREFIXES),
    DIALLED,
    st.sampled_from(["", " ", "-", ".", "/", " - ", "\u2013", "x", ") ", "("]),
    st.integers(1, 10),
)
texts = st.one_of(
    st.lists(st.sampled_from(PHONES), max_size=40).map("".join),
    st.lists(st.one_of(written, st.sampled_from(PHONES)), max_size=12).map("".join),
    st.lists(st.one_of(written, st.sampled_from(SIGNS)), max_size=12).map("".join),
)
thorough = settings(suppress_health_check=[HealthCheck.too_slow])


@cache
def search(regions: tuple[str, ...], leniency: int = Leniency.VALID) -> PhoneSearch:
    """Return a search, once."""
    return PhoneSearch(regions, leniency)


@cache
def gate(phones: PhoneSearch) -> re.Pattern[bytes]:
    """Return the gate of a search, compiled."""
    return re.compile(phones.gate.encode(), re.IGNORECASE)


def found(phones: PhoneSearch, text: str) -> set[tuple[int, int]]:
    """Return what a search finds behind its gate."""
    projected = project(text)
    ends = [match.end() for match in gate(phones).finditer(projected)]
    return phones.spans(text, projected, [(end - 8, end) for end in ends]) if ends else set()


def expected(
    text: str, regions: Iterable[str], leniency: int = Leniency.VALID, max_tries: int = 65535
) -> set[tuple[int, int]]:
    """Return what the matcher finds in any of the regions."""
    return {
        (match.start, match.end)
        for region in regions
        for match in PhoneNumberMatcher(text, region, leniency=leniency, max_tries=max_tries)
    }


@given(texts)
@example("352 int. 5")
@example("352 INT - 5 and 1640")
@example("9002123456\u2013x818911  23456")
@example("(+27801234567)x7\u20134")
@example("1 ext 345 or 12 xt 5 030 123456")
@example("VLDB J. 12(3): 211-227 (2003) 211-227 (2003")
@settings(thorough, max_examples=600)
def test_numbers_are_those_of_the_matcher(text: str) -> None:
    """Behind the gate, in each of the regions and in all of them, spans are the matcher's."""
    assert found(search(REGIONS), text) == expected(text, REGIONS)
    for region in ("US", "DE", "BR", "ZA"):
        assert found(search((region,)), text) == expected(text, [region])


@given(texts, st.sampled_from([0, 2, 3]), st.sampled_from(["US", "DE", "QQ"]))
@settings(thorough, max_examples=150)
def test_other_leniencies_and_unknown_regions(text: str, leniency: int, region: str) -> None:
    """What the plans do not tell, the matcher is asked for."""
    assert found(search((region, "GB"), leniency), text) == expected(text, [region, "GB"], leniency)
    assert found(search((region, "GB")), text) == expected(text, [region, "GB"])


@given(texts, st.integers(1, 20))
@example("0\uff0d0,0", 1)
@example("1 / 6502530000", 3)
@example("1// 1:0016502530000", 7)
@example("6502530000 6502530000 1234", 1)
@settings(thorough, max_examples=600)
def test_patience_ends_where_the_matcher_ends_it(text: str, patience: int) -> None:
    """Given up after so many candidates, a text shows just the numbers found before."""
    projected = project(text)
    assume(counts(projected, patience))
    numbers = PhoneSearch(REGIONS, Leniency.VALID, patience).spans(text, projected, [])
    assert numbers == expected(text, REGIONS, max_tries=patience)


@given(st.lists(st.sampled_from(PHONES), max_size=30).map("".join), st.sampled_from(REGIONS))
@settings(thorough, max_examples=300)
def test_no_text_costs_more_tries_than_counted_on(text: str, region: str) -> None:
    """A text that is taken for harmless leaves the matcher patience."""
    matcher = PhoneNumberMatcher(text, region, leniency=Leniency.VALID)
    assert all(matcher)
    tries = 65535 - matcher._max_tries
    assert tries == 0 or counts(project(text), tries)


@given(st.sampled_from(PREFIXES), DIALLED, st.sampled_from(sorted(SUPPORTED_REGIONS)))
@example("", "116502530000", "US")
@example("1", "32680161234", "AG")
@example("00", "80012345678", "FR")
@settings(thorough, max_examples=2000)
def test_the_plans_judge_as_the_library_does(prefix: str, digits: str, region: str) -> None:
    """Digits are valid in any region of the world if the library parses and verifies them."""
    number = prefix.strip("()") + digits
    assert valid(number, number.lstrip("+"), region) == library_takes(number, region)


def library_takes(number: str, region: str) -> bool:
    """Say whether the library, without its matcher, takes a number."""
    try:
        parsed_number = phonenumbers.parse(number, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbermatcher._verify(
        Leniency.VALID, parsed_number, number, PhoneNumberMatcher(number, region)
    )


def test_examples_of_every_region_are_valid() -> None:
    """Of each type, at home, abroad and with the extension's digits written behind."""
    for region in SUPPORTED_REGIONS:
        for kind in phonenumbers.PhoneNumberType.values():
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                code, digits = number.country_code, phonenumbers.national_significant_number(number)
                assert valid(f"+{code}{digits}", f"{code}{digits}", "US")
                assert valid(digits, digits, region) == library_takes(digits, region)


def test_lengths_are_bounded_in_every_plan() -> None:
    """No number is shorter than FEWEST, and none with all its prefixes is longer than MOST."""
    plans = [plan(region) for region in SUPPORTED_REGIONS]
    assert all(shape(p.code, length).pattern == NEVER for p in plans for length in range(FEWEST))
    trunk, abroad = (
        max(parser.parse(prefix.pattern).getwidth()[1] for prefix in prefixes)
        for prefixes in (
            [p.trunk for p in plans if p.trunk.pattern != NEVER],
            [p.abroad for p in plans],
        )
    )
    assert max(trunk, abroad) + LONGEST_CODE + trunk + LONGEST <= MOST


def test_four_digits_open_the_gate_where_they_are_a_number() -> None:
    """The gate passes every four-digit number of a German pager, and hardly a year."""
    opened = {n for n in range(1000, 2100) if gate(search(REGIONS)).fullmatch(str(n).encode())}
    numbers = {n for n in range(1000, 2100) if expected(str(n), REGIONS)}
    assert numbers <= opened
    assert len(numbers) == 30
    assert len(opened) < 150


@given(
    st.text(SIGNS, max_size=4),
    st.text("0123456789" + SIGNS.replace("+", "").replace("\uff0b", ""), max_size=20),
    st.text("0123456789", min_size=FEWEST, max_size=10),
)
@settings(thorough, max_examples=500)
def test_plain_parts_are_read_as_the_parser_does(lead: str, body: str, tail: str) -> None:
    """Dropping the signs of a plain part, with pluses in front alone, is what parsing comes to."""
    part = lead + body + tail
    assert PLAIN.fullmatch(part)
    assert read(part) == parsed(part)


@given(st.text("0123456789x" + SIGNS, max_size=30))
@settings(thorough, max_examples=500)
def test_ways_to_divide_are_left_out_only_where_they_find_nothing(text: str) -> None:
    """Those not tried on a candidate do not match in it; the others keep their order."""
    tried = list(dividers(text))
    assert [
        way for way in phonenumbermatcher._INNER_MATCHES if way in tried or way.search(text)
    ] == tried


def test_no_candidate_crosses_the_shore() -> None:
    """A character outside the water is in no candidate: not as a sign, not in any extension."""
    labels = (
        "x",
        "#",
        "~",
        "ext",
        "EXTN",
        "xtensio\u0301n",
        "extensi\u00f3n",
        "anexo",
        "int",
        "доб",
    )
    wholes = [f"+(1)./-2 [3 ,\u00a0\t{label}: ,\t-4#" for label in labels]
    wholes += ["1;ext=4", "1 - 5#", "\uff0b1\uff45\uff58\uff54\uff4e\uff0e2"]
    assert all(phonenumbermatcher._PATTERN.fullmatch(whole) for whole in wholes)
    every = "".join(map(chr, range(0x110000)))
    dry = [sign for sign, byte in zip(every, project(every), strict=True) if byte not in WATER]
    assert 60 < len(dry) < 100
    for sign in dry:
        for whole in wholes:
            for i in range(len(whole) + 1):
                assert not phonenumbermatcher._PATTERN.fullmatch(whole[:i] + sign + whole[i:])
                assert not phonenumbermatcher._PATTERN.fullmatch(whole[:i] + sign + whole[i + 1 :])


@given(texts)
@example("0711234567, 0800 123 456 and 087 150 1234, +27 11 978 5313 or 011 978 5313")
@settings(thorough, max_examples=150)
def test_only_accepted_numbers_are_shown(text: str) -> None:
    """With a condition on numbers, findings are those of a recognizer that has the condition."""
    for name in ("ZaMobileNumberRecognizer", "ZaTelephoneNumberRecognizer"):
        recognizer = getattr(predefined_recognizers, name)()

        def accepts(number: phonenumbers.PhoneNumber, own: Any = recognizer) -> bool:
            here = phonenumbers.region_code_for_number(number) == own.REGION
            return bool(here and own._classify(number) == own.target_classification)

        phones = PhoneSearch([recognizer.REGION], Leniency.VALID, accepts=accepts)
        results = recognizer.analyze(text, recognizer.supported_entities)
        ends = [match.end() for match in gate(search(("ZA",))).finditer(project(text))]
        windows = [(end - 8, end) for end in ends]
        shown = phones.spans(text, project(text), windows)
        assert shown == {(result.start, result.end) for result in results}


@pytest.mark.parametrize(
    "unit",
    ["1234567890 ", "2012-01-02 08:00:00 ", "(1) ", "1/2.3 ", "123 ext 4 ", "123xx4567 ", "1     "],
)
def test_work_grows_with_the_text(unit: str) -> None:
    """Twice the text is at most twice the work, even where every part is looked at anew."""

    def work(times: int) -> int:
        text = "".join(f"{i % 10}{unit}" for i in range(times))
        return calls(lambda: found(PhoneSearch(REGIONS, Leniency.VALID), text))

    assert work(800) <= 2.2 * work(400)
