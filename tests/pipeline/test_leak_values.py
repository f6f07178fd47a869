"""Values proven by public rules alone: what is one, what is not, and where it stands."""

from __future__ import annotations

import ast
import ipaddress
import subprocess
import sys
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.filters.check_digits import iban, luhn

from gemsieve.filters.pii.validity import IBAN_LENGTHS
from gemsieve.pipeline.leak.reserved import RESERVED, reserved
from gemsieve.pipeline.leak.values import CHECKS, values

ROOT = Path(__file__).parent.parent.parent
# A table of names, Presidio as it is, public rules, and the form of a hit.
SHARED = ("entities", "overlap", "stock", "validity")
# What the detectors are made of: sharing one of these would be sharing its mistakes.
OURS = ("analyzer", "database", "far", "ours.", "phone", "rules", "scanner", "windows")


def found(text: str) -> list[tuple[str, str]]:
    """Return entity and words of what is proven in a text."""
    return [(value.entity, text[value.start : value.end]) for value in values(text, CHECKS)]


def digits(count: int) -> st.SearchStrategy[str]:
    """Return strings of so many ASCII digits."""
    return st.text("0123456789", min_size=count, max_size=count)


def grouped(value: str, sign: str, *lengths: int) -> str:
    """Cut a value into groups of these lengths, as people write it."""
    parts, start = [], 0
    for length in lengths:
        parts.append(value[start : start + length])
        start += length
    return sign.join(parts)


def international(region: str) -> str:
    """Return the example of a region's numbers, as one dials it from abroad."""
    example = phonenumbers.example_number(region)
    assert example is not None
    return str(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def names_a_host(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether an address cannot be taken for a version, a network or code."""
    if ip.version == 4:
        return max(ip.packed) > 31
    return int(ip) >> 125 == 1 and len(str(ip).rstrip(":").split(":")) > 1


cards = st.one_of(
    st.builds(lambda body: luhn(f"4{body}"), digits(14)),
    st.builds(lambda n, body: luhn(f"{n}{body}"), st.integers(2221, 2720), digits(11)),
    st.builds(lambda body: luhn(f"62{body}"), digits(16)),
    st.builds(lambda body: luhn(f"36{body}"), digits(11)),
)
written_cards = st.one_of(
    cards,
    st.builds(
        lambda body, sign: grouped(luhn(f"51{body}"), sign, 4, 4, 4, 4),
        digits(13),
        st.sampled_from(" -"),
    ),
    st.builds(lambda body: grouped(luhn(f"37{body}"), " ", 4, 6, 5), digits(12)),
)
ibans = st.sampled_from(sorted(IBAN_LENGTHS)).flatmap(
    lambda country: st.builds(iban, st.just(country), digits(IBAN_LENGTHS[country] - 4))
)
written_ibans = st.one_of(
    ibans, st.builds(lambda value: grouped(value, " ", *([4] * 9)).strip(), ibans)
)
ssns = st.builds(
    "{0:03d}{3}{1:02d}{3}{2:04d}".format,
    st.integers(1, 899).filter(lambda area: area not in {78, 219, 666}),
    st.integers(1, 99),
    st.integers(1, 9999),
    st.sampled_from("- "),
).filter(lambda ssn: len({*ssn}) > 2)
addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).filter(
    lambda ip: ip.is_global and not ip.is_multicast and names_a_host(ip)
)
phones = st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)).map(international)
mails = st.builds(
    "{}@{}".format,
    st.from_regex(r"[a-z]{1,8}(?:[.+_-][a-z0-9]{1,8})?", fullmatch=True),
    st.sampled_from(["mail.harbour-office.org", "tide.co.uk", "x1.museum", "bücher.de"]),
)
PLANTED = {
    "CREDIT_CARD": written_cards,
    "EMAIL_ADDRESS": mails,
    "IBAN_CODE": written_ibans,
    "IP_ADDRESS": addresses.map(str),
    "PHONE_NUMBER": phones,
    "US_SSN": ssns,
}
AROUND = [("", ""), ("It is ", ", he said."), ("(", ")"), ("<", ">\n1. Next"), ('"', '".')]


def test_every_check_is_planted_for() -> None:
    """No entity has a check that the tests below leave out."""
    assert set(PLANTED) == set(CHECKS)


@pytest.mark.parametrize("entity", PLANTED)
@given(data=st.data(), around=st.sampled_from(AROUND))
def test_a_valid_value_is_found_where_it_stands(
    entity: str, data: st.DataObject, around: tuple[str, str]
) -> None:
    """A value that obeys the rule of its kind is proven, from its first character to its last."""
    value = data.draw(PLANTED[entity])
    before, after = around
    text = f"{before}{value}{after}"
    spans = [(v.start, v.end) for v in values(text, [entity])]
    assert spans == [(len(before), len(before) + len(value))]


@given(st.lists(st.sampled_from(sorted(PLANTED)).flatmap(PLANTED.__getitem__), max_size=6))
def test_neighbours_hide_nothing(several: list[str]) -> None:
    """However many values stand in a text, each is found that is found alone."""
    text = " ; ".join(several)
    alone = sorted(pair for value in several for pair in found(value))
    assert sorted(found(text)) == alone


@given(st.text(st.sampled_from("01+-. :@/()aFGB‍４é\n"), max_size=200))
def test_no_text_raises_and_spans_are_in_it(text: str) -> None:
    """Whatever the text: values are places in it, none of them empty."""
    assert all(0 <= v.start < v.end <= len(text) for v in values(text, CHECKS))


@pytest.mark.parametrize(
    "text",
    [
        f"order {luhn('4' + '1' * 14)[:-1]}{(int(luhn('4' + '1' * 14)[-1]) + 1) % 10}",
        f"no network begins with 9: {luhn('9' + '2' * 14)}",
        f"a network's, one digit long: {luhn('51' + '2' * 14)}",
        f"a bar code: {luhn('4' + '3' * 11)}",
        f"part of a word: x{luhn('4' + '2' * 14)}",
        f"a fraction: 0.{luhn('4' + '2' * 14)}",
        f"{iban('GB', '1' * 18)[:-1]}2",
        f"{iban('GB', '1' * 18)}1",
        f"{iban('XX', '1' * 18)}",
        "666-12-3456 and 000-12-3456 and 912-12-3456",
        "123-00-4567 and 123-45-0000",
        "123-45 6789, 2001-02-0304, 1123-45-6789, 123-45-67890",
        "127.0.0.1, 10.1.2.3, 192.168.1.1, 224.0.0.1, 0.0.0.0, ::1, fe80::1, ff02::1",
        "release 4.3.12.4, section 1.2.3.4, 30.31.1.0, Chrome/120.0.0.0, lib-4.18.0.99",
        "9.\n43.7.2.1. Opening\n43.7.2.2. Closing (see Section 43.7.2.3), 1.0.0.127.in-addr.arpa",
        "exe 2.20.1.155.g426c96fcdb, 111-11-1111, BR99 9999 9999 9999 9999 9999 999 P9",
        "####@tide.co.uk, _@tide.co.uk",
        "code 2002:: and 2a:: beside 93.184.0.0.1",
        "1.2.3.4.5 and v8.8.8.8 and 8.8.8.8a and 300.8.8.8",
        "12:30:45, std::vector, a::b, 00:1b:44:11:3a:b7",
        "+1 23, 1+14155552671, +999 123456789, a+49301234567",
        "@handle, me@localhost, a@b, a@b.notasuffix, @types/node@12.0.0, x@2x.png",
    ],
)
def test_what_is_no_value(text: str) -> None:
    """Near misses of every rule: proven means that a job may fail for it."""
    assert found(text) == []


def test_digits_of_any_script_count() -> None:
    """A card in full-width digits, a social security number in Arabic-Indic ones."""
    card, wide = luhn("4" + "3" * 14), str.maketrans("0123456789", "０１２３４５６７８９")
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    assert [entity for entity, _ in found(card.translate(wide))] == ["CREDIT_CARD"]
    assert [entity for entity, _ in found("219-09-1234".translate(arabic))] == ["US_SSN"]


@pytest.mark.parametrize(
    ("entity", "yes", "no"),
    [
        ("EMAIL_ADDRESS", "a@example.com a@b.EXAMPLE.org a@x.test a@b.invalid", "a@example.de"),
        ("EMAIL_ADDRESS", "a@mail.example", "a@notexample.com a@example.com.de"),
        ("IP_ADDRESS", "192.0.2.1 198.51.100.255 203.0.113.9 2001:db8::1 3fff::1", "8.8.8.8 2::"),
        ("PHONE_NUMBER", "+1415555-0123 (415)555-0199 555-0100", "+14155550200 +494155550123"),
        ("US_SSN", "000-12-3456 666-12-3456 987-65-4321 123-00-4567 123-45-0000", "123-45-6789"),
        ("CREDIT_CARD", "", "4111111111111111"),
    ],
)
def test_reserved_values(entity: str, yes: str, no: str) -> None:
    """What RFC 2606, 5737, 3849, 9637, the numbering plan and the SSA keep for nobody."""
    assert [word for word in yes.split() if not reserved(entity, word)] == []
    assert [word for word in no.split() if reserved(entity, word)] == []


@given(st.sampled_from(sorted(RESERVED)), st.text(max_size=30))
def test_reserved_never_raises(entity: str, word: str) -> None:
    """Any word is reserved or not."""
    assert reserved(entity, word) in {True, False}


def test_documentation_networks_are_not_routed() -> None:
    """The reserved networks need no exception in the proof: the standard library knows them."""
    for word in ("192.0.2.1", "2001:db8::1"):
        assert not ipaddress.ip_address(word).is_global
        assert found(word) == []


def test_the_check_imports_none_of_our_recognizers() -> None:
    """Not in its own files, and not by what they import, even when every check has run."""
    for path in sorted((ROOT / "pipeline").glob("leak_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            if module.startswith("gemsieve.filters.pii"):
                assert module.rsplit(".", 1)[-1] in {"pii", *SHARED}
    program = (
        "import sys\n"
        "from gemsieve.filters import load_filter\n"
        "from gemsieve.pipeline.leak.counts import Leaks\n"
        "from gemsieve.pipeline.leak.record import record_check\n"
        "leaks = Leaks()\n"
        "record_check(load_filter(), None).check(['a:1'], ['Call +49 30 1234567.'], leaks, None)\n"
        "assert leaks.read['sample records',] == 1 and leaks.proven\n"
        f"ours = {OURS!r}\n"
        "prefixes = tuple('gemsieve.filters.pii.' + name for name in ours)\n"
        "print([m for m in sys.modules if m.startswith(prefixes)], 'hyperscan' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] False"
