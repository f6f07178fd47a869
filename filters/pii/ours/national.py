"""Numbers that states give to people and that presidio-analyzer does not know."""

from __future__ import annotations

import re
from datetime import date

from gemsieve.filters.pii.ours.base import ANYTHING, LEFT, RIGHT, TELLING, UNCLEAR, Recognizer
from gemsieve.filters.pii.ours.digits import digits, uniform, weighted


class BrCpf(Recognizer):
    """Finds Brazil's taxpayer numbers (CPF): two check digits, each modulo 11."""

    entity = "BR_CPF"
    shapes = (
        (rf"{LEFT}[0-9]{{3}}\.[0-9]{{3}}\.[0-9]{{3}}-[0-9]{{2}}{RIGHT}", 0.6),
        (rf"{LEFT}[0-9]{{11}}{RIGHT}", ANYTHING),
    )

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say no to wrong check digits; the number in its own points and hyphen is proven."""
        number = digits(pattern_text)
        right = not uniform(number) and all(
            weighted(number[:place], range(place + 1, 1, -1)) * 10 % 11 % 10 == int(number[place])
            for place in (9, 10)
        )
        return (True if "." in pattern_text else None) if right else False


class CnResidentId(Recognizer):
    """Finds China's resident identity numbers (GB 11643-1999): place, birth, order, check sign."""

    entity = "CN_RESIDENT_ID"
    shapes = (
        (rf"{LEFT}[1-8][0-9]{{5}}(?:19|20)[0-9]{{2}}[01][0-9][0-3][0-9]{{4}}[0-9Xx]{RIGHT}", 0.6),
    )

    def validate_result(self, pattern_text: str) -> bool:
        """Say whether the day exists and the sum by powers of 2 leaves 1 by 11 (ISO 7064)."""
        total = weighted(pattern_text[:17], [2**power % 11 for power in range(17, 0, -1)])
        check = 10 if pattern_text[17] in "Xx" else int(pattern_text[17])
        return real(pattern_text[6:14]) and (total + check) % 11 == 1


class FrNir(Recognizer):
    """Finds France's social security numbers (NIR): sex, month, place of birth, order, key."""

    entity = "FR_NIR"
    shapes = (
        (
            rf"{LEFT}[1-478][ .]?[0-9]{{2}}[ .]?(?:0[1-9]|1[0-2]|[2-9][0-9])"
            rf"[ .]?(?:[0-9]{{2}}|2[AB])[ .]?[0-9]{{3}}[ .]?[0-9]{{3}}[ .-]?[0-9]{{2}}{RIGHT}",
            0.6,
        ),
    )

    def validate_result(self, pattern_text: str) -> bool:
        """Say whether the key is 97 less the remainder; Corsica's letters count as 19 and 18."""
        value = re.sub("[ .-]", "", pattern_text)
        number = int(value[:13].replace("2A", "19").replace("2B", "18"))
        return 97 - number % 97 == int(value[13:])


class JpMyNumber(Recognizer):
    """Finds Japan's individual numbers: twelve digits, the last a check (Ordinance 85 of 2014)."""

    entity = "JP_MY_NUMBER"
    shapes = (
        (rf"{LEFT}[0-9]{{4}}([ -])[0-9]{{4}}\1[0-9]{{4}}{RIGHT}", UNCLEAR),
        (rf"{LEFT}[0-9]{{12}}{RIGHT}", ANYTHING),
    )

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say no to a wrong check digit; one in eleven is right by chance."""
        number = digits(pattern_text)
        rest = weighted(number[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
        right = int(number[11]) == (0 if rest <= 1 else 11 - rest) and not uniform(number)
        return None if right else False


class NlBsn(Recognizer):
    """Finds the Netherlands' citizen service numbers (BSN): nine digits, the eleven-test."""

    entity = "NL_BSN"
    shapes = ((rf"{LEFT}[0-9]{{4}}\.?[0-9]{{2}}\.?[0-9]{{3}}{RIGHT}", ANYTHING),)

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say no where the sum by 9 to 2 and -1 is no multiple of 11."""
        number = digits(pattern_text)
        right = weighted(number, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and not uniform(number)
        return None if right else False


class PtNif(Recognizer):
    """Finds Portugal's taxpayer numbers of people (NIF): nine digits from 1, 2, 3 or 45."""

    entity = "PT_NIF"
    shapes = ((rf"{LEFT}(?:[123][0-9]|45)[0-9][ .]?[0-9]{{3}}[ .]?[0-9]{{3}}{RIGHT}", ANYTHING),)

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say no to a wrong check digit (modulo 11)."""
        number = digits(pattern_text)
        rest = weighted(number[:8], range(9, 1, -1)) % 11
        right = int(number[8]) == (0 if rest <= 1 else 11 - rest) and not uniform(number)
        return None if right else False


class KrRrn(Recognizer):
    """Finds Korea's resident registration numbers: birth, hyphen, sex.

    Since October 2020 the rest is drawn by lot, so there is no check digit to ask for.
    """

    entity = "KR_RRN"
    shapes = (
        (rf"{LEFT}[0-9]{{2}}[01][0-9][0-3][0-9]-[1-8][0-9]{{6}}{RIGHT}", TELLING),
        (rf"{LEFT}[0-9]{{2}}[01][0-9][0-3][0-9][1-8][0-9]{{6}}{RIGHT}", ANYTHING),
    )

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say no to a day that does not exist."""
        number = digits(pattern_text)
        century = "19" if number[6] in "1256" else "20"
        return None if real(century + number[:6]) else False


class PlPesel(Recognizer):
    """Finds Poland's PESEL: birth with the century in the month, order, check digit."""

    entity = "PL_PESEL"
    shapes = ((rf"{LEFT}[0-9]{{11}}{RIGHT}", UNCLEAR),)

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say no to a wrong check digit or day; three in a hundred are right by chance."""
        month = int(pattern_text[2:4])
        century = (19, 20, 21, 22, 18)[month // 20]
        right = weighted(pattern_text, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0
        born = f"{century}{pattern_text[:2]}{month % 20:02}{pattern_text[4:6]}"
        return None if right and real(born) else False


class Nhs(Recognizer):
    """Finds NHS numbers: ten digits, in threes and a four as the service writes them, or in one."""

    entity = "UK_NHS"
    shapes = (
        (rf"{LEFT}(?<![0-9] )[0-9]{{3}} [0-9]{{3}} [0-9]{{4}}{RIGHT}(?! [0-9])", 0.45),
        (rf"{LEFT}[0-9]{{3}}-[0-9]{{3}}-[0-9]{{4}}{RIGHT}", UNCLEAR),
        (rf"{LEFT}[0-9]{{10}}{RIGHT}", ANYTHING),
    )

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say no to a wrong check digit (modulo 11); one in eleven is right by chance."""
        number = digits(pattern_text)
        right = weighted(number, range(10, 0, -1)) % 11 == 0 and not uniform(number)
        return None if right else False


class UkNino(Recognizer):
    """Finds national insurance numbers (NIM39110): letters that are given, digits, A to D."""

    entity = "UK_NINO"
    prefix = "(?!BG|GB|NK|KN|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
    shapes = (
        (rf"{LEFT}{prefix} [0-9]{{2}} [0-9]{{2}} [0-9]{{2}} [A-D]{RIGHT}", TELLING),
        (rf"{LEFT}{prefix} ?[0-9]{{6}} ?[A-D]{RIGHT}", UNCLEAR),
    )
    flags = re.IGNORECASE


def real(day: str) -> bool:
    """Say whether a day, as YYYYMMDD, exists."""
    try:
        date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return False
    return True
