"""Telephone numbers, by how they are written: some forms are little else, some need a word beside.

Presidio asks phonenumbers for anything that is a valid number in one of eight regions; by that rule
most versions, years and page numbers are. Here the form comes first, then the numbering plans.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gemsieve.filters.pii.ours.base import ANYTHING, BEGIN, END, TELLING, UNCLEAR, Recognizer

LEFT = rf"{BEGIN}(?<![+-])(?<!\w/)(?<![0-9][.,])"
RIGHT = rf"{END}(?![.,:/-][0-9])"
# Among columns of numbers.
LONE, APART = (
    rf"{LEFT}(?<![0-9][ (:\t])",
    rf"{RIGHT}(?! {{1,3}}[0-9])(?! ?[-–] ?[0-9])(?!\.[0-9a-z])",
)
GAP = "[ .\u00a0\u2010\u2011-]"
GAPS = "[ .\u00a0\u2010\u2011/-]"
BRACKETED = r"\([0-9]{1,5}(?: [0-9]{1,4})?\)"
EXTENSION = r"(?:,? ?(?:x|X|ext[.:]?|Ext[.:]?|extension|#) ?[0-9]{1,6})?"

# What holds as many digits and is something else: dates, months, decimals, round amounts, addresses
# of computers, years from and to.
DAY, YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:1[0-9]|20)[0-9]{2}"
OTHERS = re.compile(
    rf"{YEAR}[./ -]{DAY}[./ -]{DAY}(?:[ .-][0-9]{{1,2}}){{0,3}}"
    rf"|{DAY}[./ -]{DAY}[./ -](?:{YEAR}|[0-9]{{2}})"
    rf"|[0-9]{{1,2}}/{YEAR}|(?:19|20)[0-9]{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"|[0-9]+\.[0-9]+|[0-9]{1,3}(?:[ .]000)+|[1-9][0-9]{0,3}0{4,}|[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
    rf"|{YEAR}[ /-]{{1,3}}{YEAR}|[0-9]{{1,6}}"
)
ZIP = re.compile(r"[0-9]{5}-[0-9]{4}")
# As North America groups them, and the NHS its numbers.
THREES = re.compile("(?:1 )?[0-9]{3} [0-9]{3} [0-9]{4}.*")


class Phone(Recognizer):
    """Finds numbers in North American forms, and any for which a word beside it must speak."""

    entity = "PHONE_NUMBER"
    shapes = (
        (
            rf"{LEFT}(?:\+?1{GAP}?|001{GAP})?\([2-9][0-9]{{2}}\){GAP}?[0-9]{{3}}{GAP}[0-9]{{4}}"
            rf"{EXTENSION}{RIGHT}",
            0.6,
        ),
        (
            rf"{LEFT}(?:\+?1{GAP}|001{GAP})?[2-9][0-9]{{2}}([.-])[0-9]{{3}}\1[0-9]{{4}}"
            rf"{EXTENSION}{RIGHT}",
            TELLING,
        ),
        (rf"{LONE}\(0?[1-9][0-9]{{1,3}}\) ?[0-9]{{3,5}}[ -][0-9]{{3,4}}{APART}", UNCLEAR),
        (rf"{LONE}\+?[0-9](?:{GAPS}{{0,2}}[0-9]){{5,14}}{EXTENSION}{APART}", ANYTHING),
        (
            rf"{LONE}(?:\+?[0-9]{{1,3}}{GAP}?)?{BRACKETED}(?:{GAPS}{{0,2}}[0-9]){{4,12}}{EXTENSION}{APART}",
            ANYTHING,
        ),
    )

    def invalidate_result(self, pattern_text: str) -> bool:
        """Say whether it is something else with as many digits, or one digit over and over."""
        return bool(OTHERS.fullmatch(pattern_text)) or len({*pattern_text} & {*"0123456789"}) < 2


# Those that dial a 0 first within the country, beside others.
DIAL_ZERO = [
    *("GB", "DE", "FR", "IN", "IL", "NL", "BE", "CH", "AT", "IT", "IE", "SE", "FI", "AU", "NZ"),
    *("ZA", "JP", "KR", "CN", "TW", "TR", "RO", "UA", "ID", "MY", "TH", "VN"),
]


TRUNK = r"(?:0[0-9]{1,5}|\(0[0-9]{1,5}\))(?: ?[/.-] ?| )[0-9]{3,9}(?:[ .-][0-9]{2,5}){0,3}"


class PhoneByPlan(Recognizer):
    """Finds numbers that a numbering plan knows: international ones, and of some countries."""

    entity = "PHONE_NUMBER"
    shapes = (
        # One expression for each count of digits: what follows may be a number too.
        *(
            (
                rf"{BEGIN}(?<![+.])\+[1-9][0-9]{{0,2}} ?(?:{BRACKETED})?"
                rf"(?:{GAPS}{{0,2}}[0-9]){{{count}}}{EXTENSION}{RIGHT}",
                0.6,
            )
            for count in range(5, 13)
        ),
        *(
            (
                rf"{LONE}(?:00|011{GAP})[1-9](?:{GAP}{{0,2}}[0-9]){{{count}}}{EXTENSION}{APART}",
                TELLING,
            )
            for count in range(8, 14)
        ),
        (rf"{LONE}(?:1 )?[2-9][0-9]{{2}} [2-9][0-9]{{2}} [0-9]{{4}}{EXTENSION}{APART}", TELLING),
        (rf"{LONE}0[1-9](?:{GAP}[0-9]{{2}}){{4}}{APART}", TELLING),
        (rf"{LONE}(?=(?:[^0-9]{{0,3}}[0-9]){{10}}){TRUNK}{EXTENSION}{APART}", TELLING),
        (rf"{LONE}{TRUNK}{EXTENSION}{APART}", UNCLEAR),
        (rf"{LONE}0[1-9][0-9]{{0,2}}-[0-9]{{3,4}}-[0-9]{{4}}{APART}", TELLING),
        (rf"{LONE}\([1-9]{{2}}\) ?(?:9[0-9]{{4}}|[2-5][0-9]{{3}})-[0-9]{{4}}{APART}", TELLING),
        (rf"{LONE}(?:07[0-9]{{9}}|01[567][0-9]{{8,9}}){APART}", TELLING),
        (rf"{LONE}[6-9][0-9]{{4}}[ -][0-9]{{5}}{APART}", UNCLEAR),
        (rf"{LONE}(?:[2-9][0-9]{{2}}[2-9][0-9]{{6}}|0[0-9]{{9,10}}){APART}", UNCLEAR),
    )

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say no to what is valid nowhere; a valid number may still be something else."""
        number = re.sub("^(?:00|011(?![0-9]))", "+", pattern_text)
        other = OTHERS.fullmatch(pattern_text) or ZIP.fullmatch(pattern_text)
        return None if planned(number) and not other else False


@lru_cache(maxsize=1 << 14)
def planned(number: str) -> bool:
    """Say whether a number, as dialled, is valid by a plan of a country that it may be of."""
    import phonenumbers

    if number.startswith("+"):
        regions: list[str | None] = [None]
    else:
        regions = [*DIAL_ZERO] if number.lstrip("(").startswith("0") else ["US", "IN", "BR"]
        if THREES.fullmatch(number):
            regions = ["US"]
    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
