"""Values that were set aside for examples and so belong to nobody; not leaks, wherever they are."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

# RFC 2606, sections 2 and 3.
NAMES = re.compile(
    r"(?:.*[@.])?(?:example\.(?:com|net|org)|example|test|invalid|localhost)", re.IGNORECASE
)
# RFC 5737, 3849 and 9637.
NETWORKS = tuple(
    ipaddress.ip_network(block)
    for block in (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001:db8::/32",
        "3fff::/20",
    )
)
# 555-0100 to 555-0199 in every area, by the North American numbering plan's administrator.
FICTIONAL = re.compile(r"(?:1?\d{3})?55501\d{2}")


def address(word: str) -> bool:
    """Say whether an IP address belongs to a documentation's network."""
    try:
        found = ipaddress.ip_address(word)
    except ValueError:
        return False
    return any(found in network for network in NETWORKS)


def phone(word: str) -> bool:
    """Say whether a telephone number is one of the United States' fictional ones."""
    return FICTIONAL.fullmatch(re.sub(r"\D", "", word)) is not None


def ssn(word: str) -> bool:
    """Say whether a US social security number was never issued: its area, group or serial is not.

    Areas 000, 666 and 900 to 999, group 00 and serial 0000 (SSA, POMS RM 10201.035).
    """
    digits = re.sub(r"\D", "", word)
    return re.fullmatch(r"(?:000|666|9\d\d)\d{6}|\d{3}00\d{4}|\d{5}0000", digits) is not None


def email(word: str) -> bool:
    """Say whether an address, or a domain, is under a name that RFC 2606 reserves."""
    return NAMES.fullmatch(word) is not None


RESERVED: dict[str, Callable[[str], bool]] = {
    "EMAIL_ADDRESS": email,
    "IP_ADDRESS": address,
    "PHONE_NUMBER": phone,
    "US_SSN": ssn,
}


def reserved(entity: str, word: str) -> bool:
    """Say whether a value of an entity is reserved for examples."""
    return entity in RESERVED and RESERVED[entity](word)
