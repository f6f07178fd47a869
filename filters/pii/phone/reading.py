"""Read a part of a candidate as phonenumbers' parser does, as far as it asks for no region."""

from __future__ import annotations

import re
from typing import NamedTuple

from gemsieve.filters.pii.phone.parts import library

# The matcher's punctuation but for x and the tilde, which announce extensions: with these and
# digits alone, reading is no more than dropping the signs.
PLAIN = re.compile(
    "[0-9+\uff0b\\-\u2010-\u2015\u2212\u30fc\uff0d-\uff0f \u00a0\u00ad\u200b\u2060\u3000()\uff08"
    "\uff09\\[\\]\uff3b\uff3d./\u2053\u223c]*"
)
ASCII_SIGNS = b"+-. ()[]/"
PLUSES = re.compile("[+\uff0b]+")
CARRIER = re.compile("[xX]{2}")
# The parser refuses more characters.
LONGEST = 250


class Reading(NamedTuple):
    """What a part says, wherever it is dialled.

    Attributes:
        dialled: The digits, behind a plus if there is one, without an extension.
        written: All digits.
        carrier: Whether it has a run of x, which stands for a carrier's code.
    """

    dialled: str
    written: str
    carrier: bool = False


def read(part: str) -> Reading | None:
    """Return what a part says; None if it cannot be a number anywhere."""
    if len(part) > LONGEST:
        return None
    if not PLAIN.fullmatch(part):
        return parsed(part)
    # Plain signs beyond ASCII are ignored.
    digits = part.encode("ascii", "ignore").translate(None, ASCII_SIGNS).decode()
    if "+" not in part and "\uff0b" not in part:
        return Reading(digits, digits)
    # Signs before the first plus are passed over; behind another sign, a plus is refused.
    return Reading(f"+{digits}", digits) if len(PLUSES.findall(part)) == 1 else None


def parsed(part: str) -> Reading | None:
    """Return what a part with letters, an extension or other scripts' digits says."""
    from phonenumbers import PhoneNumber
    from phonenumbers import phonenumberutil as parser

    number = parser._extract_possible_number(part)
    if not parser._is_viable_phone_number(number):
        return None
    extension, number = parser._maybe_strip_extension(number)
    carrier = CARRIER.search(part) is not None
    # Of the number, this asks for the extension alone unless there is a carrier's code.
    crosses = library()._contains_only_valid_x_chars
    if not carrier and not crosses(PhoneNumber(extension=extension or None), part):
        return None
    plus = PLUSES.match(number)
    digits = parser._normalize(number[plus.end() :] if plus else number)
    written = parser.normalize_digits_only(part)
    return Reading(f"+{digits}" if plus else digits, written, carrier)
