"""Stand-ins for cards, US social security numbers and IBANs: numbers that nobody was ever given."""

from __future__ import annotations

import re

from gemsieve.filters.operators.draw import alike, draws, laid
from gemsieve.filters.operators.key import Key
from gemsieve.filters.pii.validity import folded, luhn

SEPARATORS = re.compile(r"[\s.\-\u2010-\u2015]")

# ISO/IEC 7812-1: no network's numbers begin with 0, and all pass the Luhn check. With 000 none is
# taken for a telephone number either: 0 may lead to another area, 00 to another country.
CARD = re.compile("[0-9]{12,19}")
UNISSUED = "000"

# The SSA gives no area from 900 on (POMS RM 10201.035). The IRS gives its numbers there the groups
# 50-65, 70-88, 90-92 and 94-99, and 93 to adoptions (Publication 1915; IRM 3.13.40): never these.
SSN = re.compile("[0-9]{9}")
GROUPS = tuple(f"{group:02d}" for group in (*range(1, 50), *range(66, 70), 89))

# ISO 13616-1: check digits are 98 less a remainder by 97, and so 02 to 98.
IBAN = re.compile("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
NEVER = "00"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def bare(word: str) -> str:
    """Return a word in ASCII without what separates its groups."""
    return SEPARATORS.sub("", folded(word))


def card(word: str, key: Key) -> str | None:
    """Return a number of the same length and grouping that begins with 000 and fails the check."""
    digits = bare(word)
    if not CARD.fullmatch(digits):
        return None
    for draw in draws(key, "CREDIT_CARD", digits):
        drawn = UNISSUED + draw.digits(len(digits) - len(UNISSUED))
        if not luhn(drawn) and not alike(drawn, digits):
            return laid(drawn, folded(word))
    return None


def is_card(word: str, _key: Key) -> bool:
    """Say whether a word is a number that no network gives and no check passes."""
    digits = bare(word)
    return bool(CARD.fullmatch(digits)) and digits.startswith(UNISSUED) and not luhn(digits)


def ssn(word: str, key: Key) -> str | None:
    """Return a number of the same grouping from an area and a group that are never given."""
    digits = bare(word)
    if not SSN.fullmatch(digits):
        return None
    for draw in draws(key, "US_SSN", digits):
        area, group = f"9{draw.digits(2)}", GROUPS[draw.below(len(GROUPS))]
        drawn = f"{area}{group}{1 + draw.below(9999):04d}"
        # One that passes the check could be a temporary resident's in Canada.
        if not alike(drawn, digits) and not luhn(drawn):
            return laid(drawn, folded(word))
    return None


def is_ssn(word: str, _key: Key) -> bool:
    """Say whether a word is a number of nine digits that neither the SSA nor the IRS gives."""
    digits = bare(word)
    return bool(SSN.fullmatch(digits)) and digits[0] == "9" and digits[3:5] in GROUPS


def iban(word: str, key: Key) -> str | None:
    """Return a number of the same country and grouping with check digits that are never formed.

    Letters stand for letters and digits for digits.
    """
    value = bare(word).upper()
    if not IBAN.fullmatch(value):
        return None
    account = value[4:]
    for draw in draws(key, "IBAN_CODE", value):
        drawn = "".join(
            draw.digits(1) if sign.isdigit() else draw.string(LETTERS, 1) for sign in account
        )
        found = value[:2] + NEVER + drawn
        # A check that takes 00 for 97 is to refuse it as well.
        if remainder(found) != 1 and not alike(drawn, value):
            return laid(found, folded(word))
    return None


def is_iban(word: str, _key: Key) -> bool:
    """Say whether a word is an IBAN with check digits that are never formed."""
    value = bare(word).upper()
    return bool(IBAN.fullmatch(value)) and value[2:4] == NEVER


def remainder(value: str) -> int:
    """Return the remainder by 97 that is 1 for an IBAN (ISO 13616-1; ISO/IEC 7064)."""
    return int("".join(str(int(sign, 36)) for sign in value[4:] + value[:4])) % 97
