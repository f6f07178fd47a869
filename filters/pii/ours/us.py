"""Numbers of the United States: social security, tax, passports, bank accounts, prescribers."""

from __future__ import annotations

import re

from gemsieve.filters.pii.ours.base import ANYTHING, LEFT, RIGHT, TELLING, Recognizer
from gemsieve.filters.pii.ours.digits import digits, uniform

# Printed in advertisements and used by thousands (ssa.gov/history/ssn/misused.html); 1 to 9.
VOID = frozenset({"078051120", "219099999", "123456789"})


class Ssn(Recognizer):
    """Finds social security numbers that the SSA may have given (POMS RM 10201.035)."""

    entity = "US_SSN"
    shapes = (
        (rf"{LEFT}[0-9]{{3}}([- .])[0-9]{{2}}\1[0-9]{{4}}{RIGHT}", TELLING),
        (rf"{LEFT}[0-9]{{9}}{RIGHT}", ANYTHING),
        (rf"{LEFT}(?:[0-9]{{5}}-[0-9]{{4}}|[0-9]{{3}}-[0-9]{{6}}){RIGHT}", ANYTHING),
    )

    def invalidate_result(self, pattern_text: str) -> bool:
        """Say whether the SSA gave no such number."""
        number = digits(pattern_text)
        area, group, serial = number[:3], number[3:5], number[5:]
        if area in {"000", "666"} or area >= "900" or group == "00" or serial == "0000":
            return True
        return number in VOID or uniform(number)


class Itin(Recognizer):
    """Finds individual taxpayer numbers: 9xx, and the groups that the IRS gives (IRM 3.21.263)."""

    entity = "US_ITIN"
    shapes = (
        (rf"{LEFT}9[0-9]{{2}}([- .])(?:5[0-9]|6[0-5]|[7-9][0-9])\1[0-9]{{4}}{RIGHT}", TELLING),
        (rf"{LEFT}9[0-9]{{2}}-?(?:5[0-9]|6[0-5]|[7-9][0-9])-?[0-9]{{4}}{RIGHT}", ANYTHING),
    )

    def invalidate_result(self, pattern_text: str) -> bool:
        """Say whether the group is 89 or 93, which are not given, or all digits are one."""
        number = digits(pattern_text)
        return number[3:5] in {"89", "93"} or uniform(number)


class Passport(Recognizer):
    """Finds passport numbers: nine digits, or a letter and eight."""

    entity = "US_PASSPORT"
    shapes = ((rf"{LEFT}(?:[0-9]{{9}}|[A-Za-z][0-9]{{8}}){RIGHT}", ANYTHING),)


class BankAccount(Recognizer):
    """Finds account numbers: 8 to 17 digits, in one or in groups."""

    entity = "US_BANK_NUMBER"
    shapes = (
        (rf"{LEFT}[0-9]{{8,17}}{RIGHT}", ANYTHING),
        (rf"{LEFT}[0-9]{{3,6}}(?:[ -][0-9]{{3,6}}){{1,3}}{RIGHT}", ANYTHING),
    )

    def invalidate_result(self, pattern_text: str) -> bool:
        """Say whether it has one digit over and over, or, in groups, too few or too many."""
        number = digits(pattern_text)
        return uniform(number) or not (8 + (number != pattern_text)) <= len(number) <= 17


class Prescriber(Recognizer):
    """Finds registrations of the Drug Enforcement Administration (21 CFR 1301): a check digit."""

    entity = "MEDICAL_LICENSE"
    shapes = ((rf"{LEFT}[A-HJ-MP-UX][A-Z9][0-9]{{7}}{RIGHT}", TELLING),)
    flags = re.IGNORECASE

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say no where the last digit is not that of d1 + d3 + d5 + 2 (d2 + d4 + d6)."""
        number = pattern_text[2:]
        if uniform(number) or not number.isascii():
            return False
        total = sum(map(int, number[0:6:2])) + 2 * sum(map(int, number[1:6:2]))
        return None if total % 10 == int(number[6]) else False
