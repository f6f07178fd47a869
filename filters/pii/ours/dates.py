"""Dates: in figures, with names of months in eight languages, and as Chinese and Korean write them.

A date alone points at nobody, so none is more than unclear; one beside a word for birth does.
"""

from __future__ import annotations

import re
from datetime import date

from gemsieve.filters.pii.ours.base import BEGIN, END, UNCLEAR, Recognizer

# English, German, French, Spanish, Italian, Portuguese, Dutch and Polish, by month.
MONTHS = (
    "january jan januar jänner janvier enero gennaio janeiro januari stycznia",
    "february feb februar février febrero febbraio fevereiro februari lutego",
    "march mar märz mars marzo março maart marca",
    "april apr avril abril aprile kwietnia",
    "may mai mayo maggio maio mei maja",
    "june jun juni juin junio giugno junho czerwca",
    "july jul juli juillet julio luglio julho lipca",
    "august aug août agosto augustus sierpnia",
    "september sep sept septembre septiembre settembre setembro września",
    "october oct oktober okt octobre octubre ottobre outubro października",
    "november nov novembre noviembre novembro listopada",
    "december dec dezember dez décembre diciembre dicembre dezembro grudnia",
)
NUMBERS = {name: i for i, names in enumerate(MONTHS, 1) for name in names.split()}
MONTH = f"(?:{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
DAY, YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:1[6-9]|20)[0-9]{2}"
ZONE = r"(?: ?(?:Z|[+-][0-2][0-9]:?[0-5][0-9]))?"
CLOCK = rf"(?:[T ][0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{{1,9}})?)?{ZONE})?"
LEFT, RIGHT = rf"{BEGIN}(?<![0-9][./-])", rf"{END}(?![./-][0-9])"


class Date(Recognizer):
    """Finds days, with the time of day where it stands behind."""

    entity = "DATE_TIME"
    shapes = (
        (rf"{LEFT}{YEAR}([/.-])(?:0?[1-9]|1[0-2])\1{DAY}{CLOCK}{RIGHT}", UNCLEAR),
        (rf"{LEFT}{DAY}([/.-]){DAY}\1(?:{YEAR}|[0-9]{{2}}){CLOCK}{RIGHT}", UNCLEAR),
        (
            rf"{LEFT}{DAY}(?:st|nd|rd|th|er|\.|º)?[ -](?:de |of )?{MONTH}\.?,?[ -](?:de |of )?"
            rf"(?:{YEAR}|[0-9]{{2}}){RIGHT}",
            UNCLEAR,
        ),
        (rf"{BEGIN}{MONTH}\.? {DAY}(?:st|nd|rd|th)?,? {YEAR}{RIGHT}", UNCLEAR),
        (rf"{BEGIN}{YEAR} ?[年년] ?(?:0?[1-9]|1[0-2]) ?[月월] ?{DAY} ?[日일]", UNCLEAR),
    )
    flags = re.IGNORECASE

    def invalidate_result(self, pattern_text: str) -> bool:
        """Say whether no such day exists, however it is read."""
        figures = [int(part) for part in re.findall("[0-9]+", pattern_text)]
        named = next(
            (NUMBERS[w] for w in re.findall(r"\w+", pattern_text.lower()) if w in NUMBERS), 0
        )
        if named:
            day, year = figures[:2]
            return not real(year, named, day)
        first, second, third = figures[:3]
        if first > 31:
            return not real(first, second, third)
        return not (real(third, first, second) or real(third, second, first))


def real(year: int, month: int, day: int) -> bool:
    """Say whether a day exists; a year of two figures is taken for one of this century."""
    try:
        date(year if year > 99 else 2000 + year, month, day)
    except ValueError:
        return False
    return True
