"""Our findings against those of presidio-analyzer's own engine, on anything at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import pytest
import regex
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.strategies import PHONES

from gemsieve.filters.pii.entities import DEFAULT, RECOGNIZERS
from gemsieve.filters.pii.overlap import Hit
from gemsieve.filters.pii.projection import DIGIT, OTHER, SPACE, WORD, project
from gemsieve.filters.pii.scanner import Scanner, load
from gemsieve.filters.pii.stock import stock
from gemsieve.filters.pii.windows import first, merged, widths

# Values and their neighbours; letters that fold to ASCII, digits of other scripts, white space of
# all kinds, a lone surrogate.
SHAPES = [
    *"0123456789abcxABCKſKİı._-@+:/%'\"() \n\t,;#*",
    *("4111 1111 1111 1111", "5500-0055-5555-5559", "536-90-4399", "536904399", "912-75-1234"),
    *("a.b@example.com", "x@y.co.uk", "@", "..", "xn--80ak", "ﬁ", "é", "٣٤", "१२३", "½", "²"),
    *("192.168.1.1", "::1", "fe80::1%eth0", "/24", "2001:db8::8a2e:370:7334", "::ffff:1.2.3.4"),
    *("DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "BB1388568", "A12345678"),
    *("1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "943 476 5919", "00:1A:2B:3C:4D:5E", "0012.3456.789A"),
    *("\u2028", "\udc80", "\x00", "\u200d", "😀"),
]
PAGES = [
    *("http://", "https://", "www.", "example.com", "t.co", "a-b.org/x?y=1", "'", '"', "/", ".de"),
    *("<", ">", "(", " ", "\x1c", "\x0b", "\u00a0", "İ.IO", "k.ſk", "2020-01-02", "1/2/2020"),
    *("12-JAN-2020", "3/21", "2020-01-02T10:11:12Z"),
]
texts = st.one_of(
    *(
        st.lists(st.sampled_from(alphabet), max_size=30).map("".join)
        for alphabet in (PHONES, SHAPES, PHONES + SHAPES, SHAPES + PAGES)
    ),
    st.text(max_size=40),
    st.lists(st.one_of(st.sampled_from(SHAPES + PHONES), st.text(max_size=5))).map("".join),
)
thorough = settings(suppress_health_check=[HealthCheck.too_slow])


@cache
def reference(entities: tuple[str, ...]) -> Callable[[str], list[Hit]]:
    """Return the stock engine, once."""
    return stock(entities)


def tamed(text: str) -> str:
    """Replace lone surrogates, which stock refuses, by private characters: neither is a word's."""
    return re.sub("[\ud800-\udfff]", "\ue000", text)


@given(texts)
@example("1 ext 345")
@example("12 xt 5 030 123456")
@example("a@b.co@c.com")
@example("2012-01-02 08:00 or 2012-01-02 08")
@settings(thorough, max_examples=400)
def test_findings_equal_those_of_the_stock_engine(text: str) -> None:
    """Entity, span and score are the stock engine's, for any text."""
    assert load(DEFAULT).hits(text) == reference(DEFAULT)(tamed(text))


@pytest.mark.slow
@given(texts)
@settings(thorough, max_examples=3000)
def test_findings_of_every_entity_equal_those_of_the_stock_engine(text: str) -> None:
    """With addresses of pages and dates too, which are off by default."""
    every = tuple(RECOGNIZERS)
    assert load(every).hits(text) == reference(every)(tamed(text))


@given(st.lists(texts, max_size=12), st.integers(0, 11))
@settings(thorough, max_examples=40)
def test_what_a_long_text_holds_around_a_part_changes_nothing(parts: list[str], at: int) -> None:
    """Findings far apart do not disturb each other: a text as long as a page, against stock."""
    parts.insert(min(at, len(parts)), "quite harmless words\n" * 100)
    text = "\nand\n".join(parts)
    assert load(DEFAULT).hits(text) == reference(DEFAULT)(tamed(text))


def test_every_code_point_has_one_byte_of_its_class() -> None:
    """What an expression accepts of a code point, it accepts of the byte that stands for it."""
    every = "".join(map(chr, range(0x110000)))
    projected = project(every)
    assert len(projected) == len(every)
    assert projected[:128] == bytes(range(128))
    beyond = slice(128, None)
    for expression, byte in ((r"\d", DIGIT), (r"\s", SPACE)):
        pattern = regex.compile(expression)
        for sign, got in zip(every[beyond], projected[beyond], strict=True):
            assert bool(pattern.match(sign)) <= (got == byte), hex(ord(sign))
    letters = regex.compile(r"[a-z]", regex.I)
    for sign, got in zip(every[beyond], projected[beyond], strict=True):
        if letters.match(sign):
            assert regex.fullmatch(chr(got), sign, regex.I)
        elif regex.match(r"\w", sign):
            assert got in {WORD, DIGIT, ord("i")}
        else:
            assert got in {SPACE, OTHER, DIGIT}


@given(
    st.sampled_from(
        [r"\b[0-9]{3,5}\b", r"(?<!a)b{2,4}(?!a)", r"[ab]c|ab?c{1,3}(?=\w\w)", r"(a|b)-\1\b"]
    ),
    st.text("abc0 -", max_size=60),
)
@settings(thorough, max_examples=500)
def test_search_in_windows_equals_search_of_the_whole(expression: str, text: str) -> None:
    """Given a window before each possible end, matches are those of a full scan."""
    pattern = regex.compile(expression)
    width, ahead = widths(expression, 0)
    ends = {
        end
        for begin in range(len(text))
        for end in range(begin, min(len(text), begin + width) + 1)
        if regex.compile(f"(?<=^.{{{begin}}})(?:{expression})(?=.{{{len(text) - end}}}$)").search(
            text
        )
    }
    found = []
    for begin, end in merged((end - width, end) for end in ends):
        position = begin
        while position < end and (match := first(pattern, text, position, end, ahead)):
            found.append(match.span())
            position = match.end()
    assert found == [match.span() for match in pattern.finditer(text)]


def test_the_table_of_entities_is_the_librarys() -> None:
    """Each recognizer of the table finds the entity it stands beside, and no other."""
    from presidio_analyzer import predefined_recognizers

    for entity, name in RECOGNIZERS.items():
        assert getattr(predefined_recognizers, name)().supported_entities == [entity]


def test_the_scanner_needs_no_more_than_its_rules() -> None:
    """A scanner without rules for an entity does not look for it."""
    only = load(("US_SSN",))
    assert isinstance(only, Scanner)
    assert {hit.entity for hit in only.hits("536-90-4399 a@example.com 4111111111111111")} == {
        "US_SSN"
    }
