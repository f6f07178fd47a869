"""Stand-ins for telephone numbers: from ranges kept for fiction, else ones that cannot be dialled.

A number keeps its country where that is told, its area where the range has one, and its grouping;
an extension goes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gemsieve.filters.operators.draw import alike, draws, laid
from gemsieve.filters.operators.key import Key
from gemsieve.filters.pii.validity import folded

# An extension with its sign, and what a number of enough digits is written with.
EXTENSION = re.compile(r"\s*(?:;?ext\w*|x|#)[\s.:=]*[0-9]+$", re.IGNORECASE)
WRITTEN = re.compile(r"[+(\[\s]*[0-9](?:[\s()\[\]+\-./~\u2010-\u2015]*[0-9]){6,}[)\]]?")

# ITU-T E.164: the country codes of one and of two digits; all others have three.
COUNTRY = re.compile("1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2}")

# 555-0100 to 555-0199 are kept for fiction in every area of North America. Codes whose last two
# digits are equal, and a few more, are for services and no area: there 555 is given out (NANPA).
AMERICAN = re.compile("([2-9][0-9]{2})[2-9][0-9]{6}")
GROUPED = re.compile(r"[^0-9]*(1?)[^0-9]*[0-9]{3}[^0-9]*[0-9]{3}[^0-9]*[0-9]{4}[^0-9]*")
SERVICE = re.compile(r".(.)\1|52[1-9]|710|88.")
CAPITAL = "202"

# Ofcom, telephone numbers for drama: behind what a number begins with, without its 0, the digits of
# a thousand that are given to nobody.
BRITISH = re.compile("[1-37-9][0-9]{9}")
CITIES = ("113", "114", "115", "116", "117", "118", "121", "131", "141", "151", "161")
DRAMA = dict.fromkeys(CITIES, "4960") | {
    "191": "4980",
    "20": "79460",
    "28": "96496",
    "29": "20180",
    "3": "069990",
    "7": "700900",
    "8": "081570",
    "9": "098790",
}
NOWHERE = "1632960"

# Where 00 leads to other countries, none has a code that begins with 0 (ITU-T E.164). Of the plans
# that phonenumbers knows, Tajikistan's has numbers that begin so, of nine digits, and so may those
# of the codes that are no country's.
UNDIALLED = "00000"
TAJIK = 9
OPEN = frozenset(("800", "808", "870", "878", "881", "882", "883", "888", "979", "992"))


class Number(NamedTuple):
    """A number's digits: what says the country or leads a distant call, and the rest."""

    lead: str
    rest: str
    country: str = ""


def written(word: str) -> str | None:
    """Return how a number is written, without its extension; None for no number."""
    found = EXTENSION.sub("", folded(word).strip())
    return found if WRITTEN.fullmatch(found) else None


def number(written: str) -> Number:
    """Return the parts of a number; in national form, American or British where it can be."""
    digits = re.sub("[^0-9]", "", written)
    if digits.startswith("00") and not digits.startswith(UNDIALLED):
        return abroad("00", digits[2:])
    if "+" in written:
        return abroad("", digits)
    grouped = GROUPED.fullmatch(written)
    if grouped and AMERICAN.fullmatch(digits.removeprefix(grouped[1])):
        return Number(grouped[1], digits.removeprefix(grouped[1]), "1")
    if digits[0] == "0" and BRITISH.fullmatch(digits[1:]):
        return Number("0", digits[1:], "44")
    return Number("", digits)


def abroad(lead: str, digits: str) -> Number:
    """Return the parts of a number that begins with a country's code, behind what leads to it."""
    match = COUNTRY.match(digits)
    code = match[0] if match else ""
    rest = digits[len(code) :]
    # As in +44 (0)20: the 0 is for callers within the country.
    trunk = "0" if code == "44" and rest[:1] == "0" else ""
    return Number(lead + code + trunk, rest[len(trunk) :], code)


def phone(word: str, key: Key) -> str | None:
    """Return a number that is nobody's, written as the word is."""
    form = written(word)
    if form is None:
        return None
    lead, rest, country = number(form)
    start = fiction(rest, country)
    if start is None:
        return None
    size = len(rest) - len(start)
    for draw in draws(key, "PHONE_NUMBER", country + rest):
        drawn = start + draw.digits(size)
        if not (alike(drawn[-size - 2 :], rest) or is_patient(drawn) or is_patient(lead + drawn)):
            return laid(lead + drawn, form)
    return None


def is_phone(word: str, _key: Key) -> bool:
    """Say whether a word is a number for fiction, or one that cannot be dialled."""
    form = written(word)
    if form is None or form != folded(word).strip():
        return False
    _, rest, country = number(form)
    start = fiction(rest, country)
    return start is not None and rest.startswith(start)


def fiction(rest: str, country: str) -> str | None:
    """Return what a number's stand-in begins with: of its own area or kind where there is one.

    None where nothing is certain to be nobody's, or too little would be left to draw.
    """
    if country == "1" and (match := AMERICAN.fullmatch(rest)):
        return f"{CAPITAL if SERVICE.fullmatch(match[1]) else match[1]}55501"
    if country == "44" and BRITISH.fullmatch(rest):
        areas = (rest[:size] for size in (3, 2, 1))
        return next((area + DRAMA[area] for area in areas if area in DRAMA), NOWHERE)
    taken = country in OPEN or (not country and len(rest) == TAJIK)
    return None if taken or len(rest) < len(UNDIALLED) + 2 else UNDIALLED


def is_patient(digits: str) -> bool:
    """Say whether ten digits pass the check of a British patient's number, as one in 11 does."""
    weighed = sum(int(digit) * (10 - place) for place, digit in enumerate(digits))
    return len(digits) == 10 and weighed % 11 == 0
