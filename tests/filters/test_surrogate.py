"""Surrogates: whose they are (nobody's), what they keep, and that real values are none of them."""

import ipaddress
import re

import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests import strategies as own
from tests.filters.pii_values import (
    VALUES,
    cards,
    emails,
    ibans,
    ipv4,
    ipv6,
    locals_,
    phones,
    ssns,
    urls,
    values,
)

from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.operator import placeholder
from gemsieve.filters.operators.surrogate import SURROGATES, Surrogate, is_surrogate
from gemsieve.filters.pii import validity

OTHER = Key(bytes(range(1, 33)))
SURROGATE = Surrogate()


def stand_in(entity: str, word: str, key: Key = own.KEY) -> str:
    """Return what the operator writes for a word."""
    return SURROGATE(word, entity, key)


# ---- laws ----------------------------------------------------------------------------------------


@given(values)
def test_a_stand_in_is_known_again_and_stays(value: tuple[str, str]) -> None:
    """A second run finds it, knows it, and writes it as it is; a value is no stand-in."""
    entity, word = value
    assume(not is_surrogate(entity, word, own.KEY))  # an address for documentation may be drawn
    written = stand_in(entity, word)
    assert written not in {word, placeholder(entity)}
    assert is_surrogate(entity, written, own.KEY)
    assert stand_in(entity, written) == written


@given(st.sampled_from(sorted(set(VALUES) - {"IP_ADDRESS", "MAC_ADDRESS"})), st.data())
def test_a_real_value_is_never_taken_for_one(entity: str, data: st.DataObject) -> None:
    """What obeys the rule of its kind cannot be in a range that nobody has, nor carry the mark."""
    assert not is_surrogate(entity, data.draw(VALUES[entity]), own.KEY)


@example(("IBAN_CODE", "DE91798117540000000000"))  # its check digits count as well
@given(values)
def test_it_is_not_like_the_value(value: tuple[str, str]) -> None:
    """No four letters or digits in a row are left but what the range fixes or the area says."""
    entity, word = value
    assume(not is_surrogate(entity, word, own.KEY))
    fixed = {
        "EMAIL_ADDRESS": r"@example\.(com|net|org)",
        "URL": r"(https?://)?(www\.)?example\.(com|net|org)/",
        "IBAN_CODE": "^[A-Z]{2}00",
        "IP_ADDRESS": r"192\.0\.2\.|198\.51\.100\.|2001:db8:",
        "MAC_ADDRESS": "(?i)00.?00.?5E.?00.?53",
        "PHONE_NUMBER": r"(\+?\(?\d{2,3})?.*(?=....$)",  # the subscriber's digits are the last
    }.get(entity, "^0+")
    kept = re.sub(r"\W", "", re.sub(fixed, "", stand_in(entity, word), count=1)).lower()
    held = re.sub(r"\W", "", word).lower()
    assert not any(kept[i : i + 4] in held for i in range(len(kept) - 3))


@given(st.sampled_from(["CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "URL"]), st.data())
def test_another_key_gives_another(entity: str, data: st.DataObject) -> None:
    """Where there are stand-ins enough, no two keys agree; a marked one is known to its key."""
    word = data.draw(VALUES[entity])
    ours, theirs = stand_in(entity, word), stand_in(entity, word, OTHER)
    assert ours != theirs
    assert is_surrogate(entity, ours, OTHER) == (not SURROGATES[entity].marked)


@given(st.lists(emails, min_size=2, max_size=2, unique_by=str.lower))
def test_other_values_get_others(two: list[str]) -> None:
    """Two addresses stay two, and one is one however its letters are written."""
    first, second = two
    assert stand_in("EMAIL_ADDRESS", first) != stand_in("EMAIL_ADDRESS", second)
    assert stand_in("EMAIL_ADDRESS", first) == stand_in("EMAIL_ADDRESS", first.upper())


@given(st.sampled_from(sorted(VALUES)), st.text(max_size=30) | own.texts)
def test_any_word_at_all_is_hidden(entity: str, word: str) -> None:
    """A word that cannot be read gets a placeholder: nothing of it stands, and nothing raises."""
    written = stand_in(entity, word)
    assert written == placeholder(entity) or is_surrogate(entity, written, own.KEY)


def test_an_entity_without_surrogates_gets_a_placeholder() -> None:
    """A policy refuses it; a caller of the operator hides it at least."""
    assert stand_in("PERSON", "Jane") == "<PERSON>"
    assert not is_surrogate("PERSON", "<PERSON>", own.KEY)


# ---- kind by kind --------------------------------------------------------------------------------


@given(cards)
def test_a_card_is_no_networks(word: str) -> None:
    """Same length and grouping; it begins with 0 and fails the check, so that nothing takes it."""
    written = stand_in("CREDIT_CARD", word)
    assert re.sub(r"\d", "9", written) == re.sub(r"\d", "9", word)
    assert written.startswith("000")
    assert not validity.card(written)


@given(ssns)
def test_an_ssn_was_never_given(word: str) -> None:
    """Same grouping; an area that the SSA does not give, a group that the IRS does not either."""
    written = stand_in("US_SSN", word)
    assert re.sub(r"\d", "9", written) == re.sub(r"\d", "9", word)
    digits = re.sub(r"\D", "", written)
    assert not validity.ssn(written)
    assert digits[0] == "9"
    itin = {*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)}
    assert int(digits[3:5]) not in itin | {0, 93}


@given(ibans)
def test_an_iban_has_check_digits_that_are_never_formed(word: str) -> None:
    """Same country and grouping, letters for letters; no check of remainders takes it."""
    written = stand_in("IBAN_CODE", word)
    shape = [re.sub(r"\d", "9", re.sub("[A-Z]", "A", text)) for text in (written, word)]
    assert shape[0] == shape[1]
    assert written[:2] == word[:2]
    assert written[2:4] == "00"
    number = "".join(str(int(sign, 36)) for sign in re.sub(r"\W", "", written[4:] + written[:4]))
    assert int(number) % 97 != 1


@given(ipv4, st.sampled_from(["", "/24"]))
def test_an_ipv4_address_is_for_documentation(word: str, prefix: str) -> None:
    """RFC 5737; a prefix stays."""
    written = stand_in("IP_ADDRESS", word + prefix)
    assert written.endswith(prefix)
    blocks = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"]
    address = ipaddress.ip_address(written.removesuffix(prefix))
    assert any(address in ipaddress.ip_network(block) for block in blocks)


@given(ipv6)
def test_an_ipv6_address_is_for_documentation(word: str) -> None:
    """RFC 3849; a zone, which may hold a name, goes."""
    written = stand_in("IP_ADDRESS", word)
    assert ipaddress.ip_address(written) in ipaddress.ip_network("2001:db8::/32")
    if not is_surrogate("IP_ADDRESS", word, own.KEY):
        assert stand_in("IP_ADDRESS", f"{word}%janes-laptop") == written


@pytest.mark.parametrize(
    ("word", "start"),
    [
        ("a1:b2:c3:d4:e5:f6", "00:00:5e:00:53:"),
        ("A1-B2-C3-D4-E5-F6", "00-00-5E-00-53-"),
        ("a1b2.c3d4.e5f6", "0000.5e00.53"),
    ],
)
def test_a_mac_address_is_for_documentation(word: str, start: str) -> None:
    """RFC 9542, in the word's own writing."""
    written = stand_in("MAC_ADDRESS", word)
    assert written.startswith(start)
    assert len(written) == len(word)


@given(emails)
def test_an_email_address_is_at_an_example_domain(word: str) -> None:
    """RFC 2606; divided where the word is, as far as it reaches; letters alone."""
    written = stand_in("EMAIL_ADDRESS", word)
    local, host = written.split("@")
    assert host in {"example.com", "example.net", "example.org"}
    assert sum(map(str.isalpha, local)) == 20
    first, sign, _ = re.split("([._+-]|$)", word.split("@", maxsplit=1)[0], maxsplit=1)
    assert local[: len(first)].isalpha()
    assert local[len(first) :].startswith(sign)
    assert validity.email(written)


@given(st.from_regex("[a-z]{20}@example[.]com", fullmatch=True), locals_)
def test_an_example_domain_alone_is_no_mark(drawn: str, local: str) -> None:
    """Anybody may write a name before it: only what this key marked is let be."""
    assert not is_surrogate("EMAIL_ADDRESS", drawn, own.KEY)
    word = f"{local}@example.com"
    assert not is_surrogate("EMAIL_ADDRESS", word, own.KEY)
    assert stand_in("EMAIL_ADDRESS", word) != word


@given(urls)
def test_a_url_keeps_scheme_and_www(word: str) -> None:
    """The rest is an example domain and a name that the key has marked."""
    written = stand_in("URL", word)
    scheme, www = re.match(r"(https?://)?(www\.)?", word).groups("")  # type: ignore[union-attr]
    assert re.fullmatch(rf"{scheme}{www}example\.(com|net|org)/[a-z]{{20}}", written)
    assert stand_in("URL", f'"{word}"') == f'"{written}"'


PHONES = [
    # North America: the word's own area, unless that is a code of services.
    ("(212) 867-5390", r"\(212\) 555-01\d\d"),
    ("+1 212 867 5390", r"\+1 212 555 01\d\d"),
    ("1-800-356-9377", r"1-202-555-01\d\d"),
    ("9005551212", r"20255501\d\d"),
    ("212-867-5390 ext. 42", r"212-555-01\d\d"),
    ("212-867-5390x42", r"212-555-01\d\d"),
    ("001-212-867-5390", r"001-212-555-01\d\d"),
    # Great Britain: Ofcom's ranges by city and kind.
    ("020 7123 4567", r"020 7946 0\d\d\d"),
    ("+44 (0)20 7123 4567", r"\+44 \(0\)20 7946 0\d\d\d"),
    ("0191 234 5678", r"0191 498 0\d\d\d"),
    ("0161 234 5678", r"0161 496 0\d\d\d"),
    ("028 9012 3456", r"028 9649 6\d\d\d"),
    ("029 2012 3456", r"029 2018 0\d\d\d"),
    ("01865 234567", r"01632 960\d\d\d"),
    ("07911 123456", r"07700 900\d\d\d"),
    ("0800 012 3456", r"0808 157 0\d\d\d"),
    ("0300 123 4567", r"0306 999 0\d\d\d"),
    ("0901 123 4567", r"0909 879 0\d\d\d"),
    ("00442071234567", r"00442079460\d\d\d"),
    # Elsewhere: the country, and a number that cannot be dialled.
    ("+49 40 12345678", r"\+49 00 000\d{5}"),
    ("+353 1 234 5678", r"\+353 0 000 0\d{3}"),
    ("0049 30 123456", r"0049 00 000\d{3}"),
    ("030 / 1234567", r"000 / 00\d{5}"),
    ("98765 43210", r"00000 \d{5}"),
    ("+49 30 1234567", r"\+49 00 000\d{4}"),
    # Nine digits may be Tajik, whatever they begin with, and a satellite's number anything.
    ("030 / 123456", "<PHONE_NUMBER>"),
    ("+992 00 0001234", "<PHONE_NUMBER>"),
    ("+881 6 12345678", "<PHONE_NUMBER>"),
    # Too short to be anybody's, or words among the digits: a placeholder.
    ("+49 12345", "<PHONE_NUMBER>"),
    ("123456", "<PHONE_NUMBER>"),
    ("1-800-FLOWERS", "<PHONE_NUMBER>"),
]


@pytest.mark.parametrize(("word", "form"), PHONES)
def test_a_telephone_number_is_kept_for_fiction(word: str, form: str) -> None:
    """Row by row: the range, and the writing."""
    assert re.fullmatch(form, stand_in("PHONE_NUMBER", word))


def test_one_number_is_one_however_it_is_written() -> None:
    """With its country or without, grouped or not: where it is American or British."""
    for forms in (
        ["(212) 867-5390", "212.867.5390", "+1 212 867 5390", "1 (212) 8675390"],
        ["020 7123 4567", "+44 20 7123 4567", "+44 (0)20 71234567", "0044 2071234567"],
    ):
        ends = {re.sub(r"\D", "", stand_in("PHONE_NUMBER", form))[-7:] for form in forms}
        assert len(ends) == 1


@given(phones)
def test_a_number_that_cannot_be_dialled_is_valid_nowhere(word: str) -> None:
    """By the numbering plans of every region that Presidio tries."""
    written = stand_in("PHONE_NUMBER", word)
    if "00000" in re.sub(r"\W", "", written):
        assert not validity.phone(written, phonenumbers.SUPPORTED_REGIONS)


@given(st.from_regex(r"\(?[2-9][0-9]{2}\)? ?555-01[0-9]{2}", fullmatch=True))
def test_fiction_is_only_where_it_was_set_aside(word: str) -> None:
    """Every area has its hundred numbers; codes of services have given theirs out."""
    area = word.removeprefix("(")[:3]
    service = area[1] == area[2] or area in {"710", *map(str, (*range(521, 530), *range(880, 890)))}
    assert is_surrogate("PHONE_NUMBER", word, own.KEY) == (not service)
    assert not is_surrogate("PHONE_NUMBER", f"{word} ext. 12", own.KEY)
