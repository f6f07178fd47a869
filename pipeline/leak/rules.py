"""The public rules that prove a value: what it must be, and what else it could be taken for."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from gemsieve.filters.pii import validity

# What a card's number begins with says how long it is: the networks' published ranges within
# ISO/IEC 7812-1.
NETWORKS = {
    re.compile("4|62"): (16, 19),
    re.compile("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|6011|64[4-9]|65|352[89]|35[3-8]"): (16,),
    re.compile("3[47]"): (15,),
    re.compile("30[0-5]|3095|3[689]"): (14,),
}

# All of version 6 that is given out (RFC 4291, 2.4; IANA): `a::b` is an address, and no one's.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


def whole(rule: Callable[[str], bool]) -> Callable[[str], int]:
    """Return the proof of candidates that are values or are not, by a rule."""
    return lambda text: len(text) if rule(text) else 0


def filler(text: str) -> bool:
    """Say whether all digits are one, as where a form shows what to write."""
    return len({sign for sign in text if sign.isdecimal()}) < 2


def card(text: str) -> bool:
    """Say whether it is a card's number: digits that Luhn's formula and a network's range allow."""
    digits = validity.compact(text)
    lengths = next((n for prefix, n in NETWORKS.items() if prefix.match(digits)), ())
    return len(digits) in lengths and validity.card(digits) and not filler(digits)


def mailbox(text: str) -> bool:
    """Say whether it is an e-mail address, and not one whose name is crossed out: `####@`."""
    return validity.email(text) and any(sign.isalnum() for sign in text.partition("@")[0])


def iban(text: str) -> int:
    """Return the length of the IBAN that a text begins with, of its country's many characters."""
    left = validity.IBAN_LENGTHS.get(text[:2], 0)
    for end, character in enumerate(text, 1):
        left -= character.isalnum()
        if left == 0:
            value = text[:end]
            proves = validity.iban(value) and not filler(value)
            return end if proves and not text[end : end + 1].isalnum() else 0
    return 0


def address(text: str) -> bool:
    """Say whether it is an IP address that the Internet routes to, and can be nothing else.

    Four numbers up to 31 may as well be a version; one group before `::` is a network or code.
    """
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    if found.version == 6:
        proves = found in GLOBAL_UNICAST and len(re.findall("[0-9A-Fa-f]+", text)) > 1
    else:
        proves = max(found.packed) > 31
    return proves and found.is_global and not found.is_multicast


def ssn(text: str) -> bool:
    """Say whether it is a social security number that the SSA may have given, and no filler."""
    return validity.ssn(text) and not filler(text)


def phone(text: str) -> int:
    """Return the length of the telephone number that a text begins with; groups may follow it."""
    end = len(text)
    while end > 0:
        if validity.phone(text[:end], regions=()):
            return end
        end = max(text.rfind(sign, 0, end) for sign in " .-/(")
    return 0
