"""The default mode: what it acts on and what it leaves, by tables; words; overlaps; bounds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.counting import calls
from tests.filters.check_digits import luhn
from tests.filters.ours_tables import TABLES, cpf, dea, dni, nhs, pesel
from tests.filters.ours_words import COUNTED, SAID

from gemsieve.filters import Batch
from gemsieve.filters.pii import PiiDetector, ours
from gemsieve.filters.pii.context import WordContext
from gemsieve.filters.pii.context_words import table
from gemsieve.filters.pii.entities import STOCK, label
from gemsieve.filters.pii.ours import keccak, mended
from gemsieve.filters.pii.overlap import Hit
from gemsieve.filters.pii.resolve import resolve
from gemsieve.filters.pii.rules import rules
from gemsieve.filters.pii.scanner import Scanner
from gemsieve.filters.pii.stock import engine

LIMIT = 0.4  # the shipped policy's


@cache
def detector() -> PiiDetector:
    """Return the detector as it is when nothing is chosen."""
    return PiiDetector()


def acted_on(text: str, entity: str) -> list[str]:
    """Return what a text has of an entity, of all that the default mode finds in it."""
    (findings,) = detector()(Batch([text]))
    return [
        text[slice(*f.span)]
        for f in findings
        if f.span and f.label == label(entity) and f.score > LIMIT
    ]


@pytest.mark.parametrize("entity", TABLES)
def test_an_entity_is_acted_on_just_where_its_table_says(entity: str) -> None:
    """Each marked value from end to end, and nothing else of its entity."""
    differ = {}
    for row in TABLES[entity]:
        expected = [piece.partition("»")[0] for piece in row.split("«")[1:]]
        text = row.replace("«", "").replace("»", "")
        if (found := acted_on(text, entity)) != expected:
            differ[row] = found
    assert differ == {}


def test_each_table_has_rows_of_both_kinds_and_each_row_once() -> None:
    """What the default mode looks for, it is shown in rows to find and rows to leave."""
    assert set(TABLES) == set(ours.DEFAULT)
    for entity, rows in TABLES.items():
        assert len(rows) == len(set(rows)), entity
        kinds = ["«" in row for row in rows]
        assert min(kinds.count(True), kinds.count(False)) >= 2, entity


# A value of each theme's entities that takes a word: it is nothing by itself.
MEANT = {
    "phone": [("PHONE_NUMBER", "5403926876")],
    "birth": [("DATE_TIME", "7/3/1990")],
    "card": [("CREDIT_CARD", luhn("58741234567"))],
    "social": [("US_SSN", "536904399")],
    "tax": [("US_ITIN", "912781234"), ("BR_CPF", cpf("123456780"))],
    "passport": [("US_PASSPORT", "A12345678")],
    "licence": [("US_DRIVER_LICENSE", "D12345678901")],
    "account": [("US_BANK_NUMBER", "94545678765432")],
    "identity": [("PL_PESEL", pesel("9003071234")), ("ES_NIF", dni("12345678"))],
    "health": [("UK_NHS", nhs("943000001"))],
    "email": [("EMAIL_ADDRESS", "jo at example dot org")],
    "network": [("IP_ADDRESS", "8.8.8.8"), ("MAC_ADDRESS", "0011.2233.4455")],
    "wallet": [("CRYPTO", "0x" + "de0b295669a9fd93d5f28d9ec85e40f4cb697bae")],
    "prescriber": [("MEDICAL_LICENSE", dea("BD", "123456"))],
}


@pytest.mark.parametrize("language", SAID)
def test_a_word_in_any_of_twelve_languages_speaks_for_a_number(language: str) -> None:
    """What is nothing by itself, or worth less, is acted on behind a word of each language."""
    for theme, said in SAID[language].items():
        for entity, value in MEANT[theme]:
            (plain,), (worded,) = (detector()(Batch([text])) for text in (value, f"{said} {value}"))
            alone = max((f.score for f in plain if f.label == label(entity)), default=0)
            found = [(f.span, f.score) for f in worded if f.label == label(entity)]
            assert len(found) == 1, (theme, entity)
            span, score = found[0]
            assert score > max(alone, LIMIT), (theme, entity)
            assert span == (len(said) + 1, len(said) + 1 + len(value)), (theme, entity)


def test_every_theme_and_every_default_entity_has_words_in_every_language() -> None:
    """The table is whole; and each of its themes is tested in each language."""
    themes, entities = table()["themes"], table()["entities"]
    for theme, languages in themes.items():
        assert set(languages) == set(SAID), theme
        assert all(languages.values()), theme
    assert set(entities) == set(ours.DEFAULT)
    assert {theme for entry in entities.values() for theme in entry["themes"]} == set(MEANT)
    assert all(set(said) == set(MEANT) for said in SAID.values())


@pytest.mark.parametrize("language", COUNTED)
def test_a_word_for_a_thing_speaks_against_what_its_form_alone_tells(language: str) -> None:
    """A number in the form of a telephone number that counts things is let be."""
    assert acted_on("212-555-2368", "PHONE_NUMBER")
    for word in COUNTED[language].split():
        assert not acted_on(f"{word} 212-555-2368", "PHONE_NUMBER"), word
        assert not acted_on(f"{word} no. 212-555-2368", "PHONE_NUMBER"), word


def scores(text: str) -> dict[tuple[str, str], float]:
    """Return the score of each entity and value that the default mode finds."""
    (findings,) = detector()(Batch([text]))
    return {(f.label, text[slice(*f.span)]): f.score for f in findings if f.span}


def test_words_change_scores_by_a_fixed_step() -> None:
    """0.35 up, to 0.45 at least; 0.35 down, and out below 0.2; a proven value stays at 1."""
    phone, ssn, card = "212-555-2368", "536904399", luhn("400012345678901")
    assert scores(phone) == {("pii.phone_number", phone): 0.5}
    assert scores(f"fax {phone}") == {("pii.phone_number", phone): 0.85}
    assert scores(f"page {phone}") == {}
    assert scores("page 93.184.216.34") == {("pii.ip_address", "93.184.216.34"): 0.25}
    assert scores(ssn) == {}
    assert scores(f"ssn {ssn}") == {("pii.us_ssn", ssn): 0.45}
    assert scores("(99) 645-791") == {("pii.phone_number", "(99) 645-791"): 0.3}
    for said in ("", "card ", "order no. "):
        assert scores(f"{said}{card}") == {("pii.credit_card", card): 1}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("passport 123456789, account 987654321", {"us_passport": "123456789"}),
        ("account 987654321, passport 123456789", {"us_passport": "123456789"}),
        ("passport 123456789 account 98765432100", {"us_bank_number": "98765432100"}),
        ("phone order 12345678", {}),
        ("order by phone 12345678", {"phone_number": "12345678"}),
        ("SSN: 536-90-4399 Phone: 212-555-2368", {"us_ssn": "536-90-4399"}),
    ],
)
def test_the_nearest_word_counts(text: str, found: dict[str, str]) -> None:
    """Each number is what the word nearest to it says, and nothing where that names a thing."""
    got = {(name.removeprefix("pii."), value) for name, value in scores(text)}
    assert set(found.items()) <= got
    values = [value for _, value in got]
    assert len(values) == len(set(values))
    assert bool(got) == bool(found)


@pytest.mark.parametrize(
    ("text", "supported"),
    [
        ("phone one two three four 12345678", True),
        ("phone one two three four five 12345678", False),
        ("phone no. is the 12345678", True),  # words that only say that a number comes
        (f"phone {'.' * 75}12345678", False),
        (f"phone{'.' * 75}12345678", True),
        ("the microphone 12345678", False),
        ("phones 12345678", True),
        ("the caller's phone's 12345678", True),
        ("PHONE 12345678", True),
        ("ＰＨＯＮＥ 12345678", True),
        ("telephone_number=12345678", True),
        ('<phone type="x">12345678', True),
        ("12345678 is my phone number", True),
        ("12345678 (mobile)", True),
        ("12345678-Fax", True),
        ("12345678\nphone", False),
        ("12345678, phone", False),
        ("12345678. Phone", False),
        ("12345678 phone: 212-555-2368", False),
        ("12345678 and phone 212-555-2368", False),
        ("<PHONE_NUMBER> 12345678", False),
        ("Bürotelefon, teléfono: 12345678", True),
        ("te\u0301le\u0301phone 12345678", True),
        ("My phone is new. It cost 12345678", True),
    ],
)
def test_which_words_are_beside(text: str, supported: bool) -> None:
    """Five words before, in 80 characters; four behind, in the clause, if they label no other."""
    assert ("12345678" in acted_on(text, "PHONE_NUMBER")) is supported


def test_a_recognizer_without_an_entry_lends_its_own_words() -> None:
    """Entities without an entry are weighed by the words that Presidio gives them."""
    find = PiiDetector(countries=["fi", "za"], entities=["ZA_TRAFFIC_REGISTER_NUMBER"])
    (alone,), (worded,) = (
        find(Batch([f"{said}1234567890123"])) for said in ("", "traffic register number: ")
    )
    assert [f.score for f in alone] == []
    assert [f.score for f in worded] == [0.45]


HITS = st.builds(
    lambda entity, start, length, score: Hit(entity, start, start + length, score),
    st.sampled_from("ABC"),
    st.integers(0, 40),
    st.integers(1, 12),
    st.sampled_from([0.3, 0.5, 0.6, 1.0]),
)


@given(st.lists(HITS, max_size=12), st.randoms())
def test_resolving_depends_on_no_order_and_settles(hits: list[Hit], random: Random) -> None:
    """Some of the hits, whatever their order; again, the same; and each stands beside each."""
    stand = resolve(hits)
    shuffled = random.sample(hits, len(hits))
    assert resolve(shuffled) == stand == resolve(stand)
    assert set(stand) <= set(hits)
    for i, hit in enumerate(stand):
        assert all(resolve([hit, other]) == [hit, other] for other in stand[i + 1 :])


@given(st.lists(HITS, max_size=12), st.sampled_from([0.0, 0.3, 0.5, 0.6]))
def test_resolving_leaves_nothing_bare_that_a_limit_caught(hits: list[Hit], limit: float) -> None:
    """What a hit above a limit covers stays covered above it, save ends out of a proven hit."""

    def covered(found: list[Hit]) -> set[int]:
        return {i for hit in found if hit.score > limit for i in range(hit.start, hit.end)}

    stand = resolve(hits)
    cut = {
        i
        for weak in hits
        for strong in stand
        if weak.score < 1 == strong.score and weak.start < strong.end and strong.start < weak.end
        for i in range(weak.start, weak.end)
    }
    same = {
        i
        for weak in hits
        for strong in stand
        if weak.entity == strong.entity and weak.start < strong.end and strong.start < weak.end
        for i in range(weak.start, weak.end)
    }
    assert covered(hits) - cut - same <= covered(stand)


PIECES = [
    *"0123456789 .-,:;/()[]<>=_%#@\n\tabexABCDEF電의é",
    *(
        "4000 0123",
        "212-555",
        "(212) ",
        "+49",
        "00",
        "93.184",
        "::",
        "fe80:",
        "%eth0",
        "/24",
        "ffff",
    ),
    *(
        "bc1q",
        "0x",
        "DE",
        "de44",
        " at ",
        " dot ",
        "[at]",
        "(dot)",
        "example",
        ".org",
        "jo",
        "'",
        "90030",
    ),
    *("x12", "ext. ", "2A", "X", "WDL", "\u00a0", "\u2010", "٣", "ſ", "İ", "K", "\udc80"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=40))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_our_recognizers_find_the_same_alone_and_behind_the_scanner(text: str) -> None:
    """Each is a recognizer of Presidio's like any other: its own engine finds what we do."""
    tamed = re.sub("[\ud800-\udfff]", "\ue000", text)
    assert scanner().hits(text) == reference()(tamed)


@cache
def scanner() -> Scanner:
    """Return the default mode's recognizers behind the scanner, without words or overlaps."""
    return Scanner(ours.build(sorted(ours.DEFAULT)))


@cache
def reference() -> Callable[[str], list[Hit]]:
    """Return the hits of Presidio's engine over the same recognizers."""
    analyzer = engine(ours.build(sorted(ours.DEFAULT)))

    def hits(text: str) -> list[Hit]:
        results = analyzer.analyze(text, "en", score_threshold=0)
        found = [Hit(r.entity_type, r.start, r.end, r.score) for r in results]
        return sorted(found, key=lambda h: (h.start, h.end, h.entity))

    return hits


def test_every_expression_of_ours_has_a_gate() -> None:
    """No text is searched in full: each expression is behind the scanner, in bounded windows."""
    every = ours.build(sorted({*ours.OURS, *STOCK} - {"URL"}))
    assert [rule for recognizer in every for rule in rules(recognizer) if rule.gate is None] == []


def test_the_tables_name_what_there_is() -> None:
    """Entities of ours are Presidio's or have a country; what is mended is Presidio's."""
    assert set(ours.OURS) - set(STOCK) == set(ours.COUNTRIES)
    assert {*ours.OURS, *STOCK} >= ours.DEFAULT
    assert not set(mended.CAPS) & set(ours.OURS)
    assert {*mended.CAPS, *mended.PROVEN} <= set(STOCK)
    for entity in mended.CAPS:
        recognizer: Any = mended.mended(entity)  # whose library leaves its patterns untyped
        assert all(pattern.score <= mended.CAPS[entity] for pattern in recognizer.patterns)
    for entity in {*ours.OURS, *STOCK}:
        assert {e for r in ours.build([entity]) for e in r.supported_entities} == {entity}


@given(st.binary(max_size=300))
def test_keccaks_permutation_is_that_of_sha_3(message: bytes) -> None:
    """With the padding of FIPS 202 the digest is SHA3-256's; Ethereum's differs in one bit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keccak, "PADDING", 6)
        assert keccak.keccak256(message) == hashlib.sha3_256(message).digest()


@pytest.mark.parametrize(
    "piece", ["1-", "a@", "1.", "::", "a:", "0 ", "x[at]", "DE44 ", "(1)", "+1"]
)
def test_hostile_texts_take_time_in_proportion_to_their_length(piece: str) -> None:
    """Twice the text, no more than about twice the steps: calls of Python, counted."""
    scanner = Scanner(
        ours.build(sorted(ours.DEFAULT)), WordContext(ours.build(sorted(ours.DEFAULT))), resolve
    )
    short, long = (
        calls(lambda n=n: scanner.hits(piece * n))  # type: ignore[misc]
        for n in (2_000, 4_000)
    )
    assert long <= 2.5 * short + 1_000
