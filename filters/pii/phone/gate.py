"""Say, as an expression over projected text, where there may be a phone number at all."""

from __future__ import annotations

from collections.abc import Sequence

from gemsieve.filters.pii.phone.dialled import FEWEST
from gemsieve.filters.pii.phone.plans import Plans

# What may stand between two digits of a number: never more than four signs, x among them.
SIGNS = r"[+\-x .()\[\]/~_\x0c\x01]{0,4}"
DIGIT = "[0-9x]"
# An extension comes off a number. One that is cut short leaves its label behind, whose letters may
# stand for digits after three real ones; but labels with an x are then refused, and "int" is left.
VANITY = rf"{DIGIT}(?:{SIGNS}{DIGIT}){{2}}[ \t,_\x0c\x01]*int"


def gate(regions: Sequence[str], leniency: int) -> str:
    """Return what matches, whatever the case, in every number that the matcher finds.

    Five digits; or four that are a number, as some of German pagers are and years are not.
    """
    from phonenumbers import SUPPORTED_REGIONS, Leniency

    if leniency < Leniency.VALID:
        return "[0-9]"
    # In a region that is not known, numbers are international and so longer.
    plans = Plans([region for region in regions if region in SUPPORTED_REGIONS])
    every = (f"{number:0{FEWEST}}" for number in range(10**FEWEST))
    short = [digits for digits in every if plans.taking(digits, digits)]
    # A digit of another script is projected to 0.
    columns = (f"[{''.join(sorted({'0', *column}))}]" for column in zip(*short, strict=True))
    longer = f"{DIGIT}(?:{SIGNS}{DIGIT}){{{FEWEST}}}"
    return "|".join([longer, VANITY, *([SIGNS.join(columns)] if short else [])])
