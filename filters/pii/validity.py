"""Whether a value obeys the public rule of its kind, told without any detector.

What finds values must not also say which of them count. So nothing here is shared with the
recognizers: each rule is written from its standard, and reads the value alone, as it is written.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tldextract

# The regions in whose national form a telephone number is tried; Presidio's.
REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")

# Length of an IBAN by country: SWIFT's IBAN registry (ISO 13616-1).
IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}

# Printed in advertisements, used by thousands, and void: ssa.gov/history/ssn/misused.html.
VOID_SSNS = frozenset({"078051120", "219099999"})

ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
LETTER = r"[^\W_]"
NAME = rf"{LETTER}(?:(?:{LETTER}|-){{0,61}}{LETTER})?"
# RFC 5321, 4.1.2 (dot-string, domain of at least two names), with letters of any script (6531).
ADDRESS = re.compile(rf"(?P<local>{ATOM}(?:\.{ATOM})*)@(?P<domain>{NAME}(?:\.{NAME})+)")


def folded(text: str) -> str:
    """Return a value with full-width forms and the digits of every script in ASCII."""
    return "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
        for sign in unicodedata.normalize("NFKC", text)
    )


def compact(text: str) -> str:
    """Return a value, folded, without the spaces and hyphens that group it."""
    return re.sub(r"[\s\-\u2010-\u2015]", "", folded(text))


def luhn(digits: str) -> bool:
    """Say whether the last digit is the check digit of those before it (ISO/IEC 7812-1, B)."""
    if not re.fullmatch("[0-9]{2,}", digits):
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def card(text: str) -> bool:
    """Say whether it is a card's number: 12 to 19 digits, grouped or not, that pass `luhn`."""
    digits = compact(text)
    return 12 <= len(digits) <= 19 and luhn(digits)


def iban(text: str) -> bool:
    """Say whether it is an IBAN: its country's length, check digits 02..98, remainder 1 by 97."""
    value = compact(text).upper()
    if not re.fullmatch("[A-Z]{2}[0-9]{2}[A-Z0-9]+", value):
        return False
    if len(value) != IBAN_LENGTHS.get(value[:2]) or not 2 <= int(value[2:4]) <= 98:
        return False
    return int("".join(str(int(sign, 36)) for sign in value[4:] + value[:4])) % 97 == 1


def ip(text: str) -> bool:
    """Say whether `ipaddress` reads it as an address, of version 4 or 6, with or without a prefix.

    A prefix is `/24`; an address of version 6 may name its zone (`%eth0`).
    """
    try:
        ipaddress.ip_interface(folded(text))
    except ValueError:
        return False
    return True


def ssn(text: str) -> bool:
    """Say whether the SSA may have given the number (POMS RM 10201.035).

    The area is not 000, 666 or 900..999, the group not 00, the serial not 0000. The three are
    written in one, or with the same sign (hyphen, space, full stop) between them.
    """
    match = re.fullmatch(r"([0-9]{3})([- .]?)([0-9]{2})\2([0-9]{4})", folded(text))
    if not match:
        return False
    area, _, group, serial = match.groups()
    given = area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"
    return given and area + group + serial not in VOID_SSNS


def phone(text: str, regions: Iterable[str] = REGIONS) -> bool:
    """Say whether `phonenumbers.is_valid_number` holds in international form or for any region.

    Args:
        text: The number as written; with a + it needs no region.
        regions: Codes of ISO 3166, such as `US`.
    """
    import phonenumbers

    for region in (None, *regions):
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return True
    return False


def email(text: str) -> bool:
    """Say whether it is an address by RFC 5321 under a suffix of the Public Suffix List.

    At most 64 octets before the @ and 254 in all (4.5.3.1, and RFC 3696, erratum 1690). Quoted
    local parts and addresses of hosts in brackets are not taken.
    """
    match = ADDRESS.fullmatch(text)
    if not match or len(match["local"].encode()) > 64 or len(text.encode()) > 254:
        return False
    parts = suffixes()(match["domain"])
    return bool(parts.domain and parts.suffix)


@cache
def suffixes() -> tldextract.TLDExtract:
    """Return the list that is packaged with tldextract, with no address to fetch another from."""
    import tldextract

    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())


# Presidio's entity: its rule. Entities that are not here have none that a value alone shows.
VALID: dict[str, Callable[[str], bool]] = {
    "CREDIT_CARD": card,
    "EMAIL_ADDRESS": email,
    "IBAN_CODE": iban,
    "IP_ADDRESS": ip,
    "PHONE_NUMBER": phone,
    "US_SSN": ssn,
}
