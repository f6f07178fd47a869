"""The outside rules, on values that are built here by the same public rules, and on none other."""

from __future__ import annotations

import ipaddress

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gemsieve.filters.pii import validity

digits = st.text("0123456789", min_size=1, max_size=18)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def check_digit(payload: str) -> str:
    """Return the digit that makes the sum of the doubled digits a multiple of ten."""
    total = 0
    for place, digit in enumerate(reversed(payload)):
        total += sum(map(int, str(int(digit) * 2))) if place % 2 == 0 else int(digit)
    return str(-total % 10)


def account(country: str, rest: str) -> str:
    """Return the IBAN of an account, its check digits by long division."""
    remainder = 0
    for sign in f"{rest}{country}00":
        for digit in str(ord(sign) - 55) if sign.isalpha() else sign:
            remainder = (remainder * 10 + int(digit)) % 97
    return f"{country}{98 - remainder:02}{rest}"


countries = st.sampled_from(sorted(validity.IBAN_LENGTHS))


@st.composite
def accounts(draw: st.DrawFn) -> str:
    """Draw an IBAN of any country."""
    country = draw(countries)
    length = validity.IBAN_LENGTHS[country] - 4
    return account(country, draw(st.text("0123456789ABCXYZ", min_size=length, max_size=length)))


@given(digits)
def test_one_check_digit_of_ten_is_right(payload: str) -> None:
    """Luhn's rule takes exactly the digit that the sum asks for."""
    right = [digit for digit in "0123456789" if validity.luhn(payload + digit)]
    assert right == [check_digit(payload)]


@given(st.text(max_size=20))
def test_luhn_takes_digits_alone(text: str) -> None:
    """Anything but ASCII digits is no number, whatever it would sum to."""
    if not (text.isascii() and text.isdecimal()):
        assert not validity.luhn(text)


@pytest.mark.parametrize(
    ("payload", "valid"),
    [
        ("4" * 10, False),  # 11 digits
        ("4" * 11, True),
        ("4" * 18, True),
        ("4" * 19, False),  # 20 digits
    ],
)
def test_cards_have_12_to_19_digits(payload: str, valid: bool) -> None:
    """As ISO/IEC 7812-1 has it, grouped by spaces or hyphens or not, in digits of any script."""
    number = payload + check_digit(payload)
    wrong = payload + str((int(number[-1]) + 1) % 10)
    for sign in ("", " ", "-"):
        grouped = sign.join((number[:4], number[4:8], number[8:]))
        assert validity.card(grouped) is valid
        assert validity.card(grouped.translate(FULL_WIDTH)) is valid
        assert validity.card(grouped.translate(ARABIC)) is valid
        assert not validity.card(f"{wrong[:4]}{sign}{wrong[4:]}")
    assert not validity.card(f"{number[:4]}.{number[4:]}")


@given(accounts(), st.integers(4, 33), st.sampled_from("0123456789ABCXYZ"))
def test_an_iban_with_one_wrong_sign_is_none(value: str, place: int, sign: str) -> None:
    """Remainders by 97 tell every change of a digit to a digit and of a letter to a letter."""
    assert validity.iban(value)
    place = min(place, len(value) - 1)
    assume(value[place].isdigit() == sign.isdigit())
    changed = value[:place] + sign + value[place + 1 :]
    assert validity.iban(changed) == (changed == value)


@given(accounts())
def test_an_iban_may_be_grouped_and_small(value: str) -> None:
    """Spaces, hyphens and small letters change nothing."""
    groups = [value[i : i + 4] for i in range(0, len(value), 4)]
    assert validity.iban(" ".join(groups))
    assert validity.iban("-".join(groups).lower())
    assert validity.iban(value.translate(FULL_WIDTH))


def test_an_iban_has_the_length_of_its_country() -> None:
    """A right remainder is not enough: length, country and range of check digits count too."""
    assert validity.iban(account("DE", "1" * 18))
    assert not validity.iban(account("DE", "1" * 17))
    assert not validity.iban(account("FR", "1" * 18))
    assert not validity.iban(account("ZZ", "1" * 18))
    # Check digits are 98 minus a remainder, so 2 to 98: 00, 01 and 99 leave the same remainder.
    low = next(v for n in range(200) if (v := account("NO", f"{n:011}"))[2:4] == "97")
    assert validity.iban(low)
    assert not validity.iban(f"NO00{low[4:]}")


@given(st.ip_addresses(), st.integers(0, 32))
def test_every_address_is_one(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, prefix: int
) -> None:
    """In short and long form, with and without a prefix."""
    assert validity.ip(str(address))
    assert validity.ip(address.exploded)
    assert validity.ip(f"{address}/{prefix}")


@pytest.mark.parametrize(
    "text", ["", "1", "1.2.3", "1.2.3.256", "1.2.3.4/33", "01.2.3.4", "1::2::3", ":::", "1.2.3.4 "]
)
def test_what_is_no_address(text: str) -> None:
    """A bare number is none either, though `ipaddress` takes an int for one."""
    assert not validity.ip(text)


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("001-01-0001", True),
        ("665-99-9999", True),
        ("667-01-0001", True),
        ("899-99-9999", True),
        ("899999999", True),
        ("899 99 9999", True),
        ("899.99.9999", True),
        ("٨٩٩-٩٩-٩٩٩٩", True),
        ("000-01-0001", False),
        ("666-01-0001", False),
        ("900-01-0001", False),
        ("999-01-0001", False),
        ("001-00-0001", False),
        ("001-01-0000", False),
        ("078-05-1120", False),
        ("219-09-9999", False),
        ("899-999999", False),
        ("899-99 9999", False),
        ("89-99-99999", False),
        ("8999999999", False),
        ("x899-99-9999", False),
    ],
)
def test_social_security_numbers(number: str, valid: bool) -> None:
    """Areas, groups and serials that are never given, numbers that are void, and forms."""
    assert validity.ssn(number) is valid


@pytest.mark.parametrize("region", validity.REGIONS)
def test_example_numbers_of_each_region(region: str) -> None:
    """What the library gives as an example is valid at home, and everywhere with a +."""
    number = phonenumbers.example_number(region)
    assert number
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    world = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    assert validity.phone(national, [region])
    assert validity.phone(national)
    assert not validity.phone(national, [])
    assert validity.phone(world, [])


@pytest.mark.parametrize("text", ["", "words", "12", "+", "000-000-0000", "+999 1234567"])
def test_what_is_no_telephone_number(text: str) -> None:
    """No region takes it, and nothing is raised."""
    assert not validity.phone(text)


@pytest.mark.parametrize(
    ("address", "valid"),
    [
        ("a@example.com", True),
        ("a.b+c_d'e@example.co.uk", True),
        ("!#$%&*=?^`{|}~/-@example.org", True),
        ("grün@bücher.example.de", True),
        ("a@xn--bcher-kva.de", True),
        (f"{'a' * 64}@example.com", True),
        (f"{'a' * 65}@example.com", False),
        (f"a@{'b' * 63}.com", True),
        (f"a@{'b' * 64}.com", False),
        (f"a@{'.'.join(['b' * 60] * 4)}.com", True),  # 249 octets
        (f"a{'a' * 10}@{'.'.join(['b' * 60] * 4)}.com", False),
        ("a@example", False),
        ("a@com", False),
        ("a@co.uk", False),
        ("a@example.nosuchsuffix", False),
        ("a@1.2.3.4", False),
        ("a@-example.com", False),
        ("a@example-.com", False),
        ("a@exa_mple.com", False),
        ("a@example..com", False),
        (".a@example.com", False),
        ("a.@example.com", False),
        ("a..b@example.com", False),
        ("a b@example.com", False),
        ("a@b@example.com", False),
        ("@example.com", False),
        ("a@example.com.", False),
        ("", False),
    ],
)
def test_addresses(address: str, valid: bool) -> None:
    """Dots, hyphens, lengths in octets, and a suffix that is on the list."""
    assert validity.email(address) is valid


@given(st.sampled_from(sorted(validity.VALID)), st.text(max_size=30))
def test_no_text_raises(entity: str, text: str) -> None:
    """A rule answers for any text at all, lone surrogates included."""
    assert validity.VALID[entity](text) in {True, False}
