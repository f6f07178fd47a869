"""Payment cards: Luhn's formula, and the number ranges of the networks."""

from __future__ import annotations

import re

from gemsieve.filters.pii.ours.base import ANYTHING, BEGIN, END, Recognizer
from gemsieve.filters.pii.ours.digits import digits, luhn, uniform

# First digits of a network's numbers, and how many digits are issued (ISO/IEC 7812 issuer
# identification numbers, as the networks publish them). Ranges and lengths that are wider than that
# or out of use would prove too much: they are left to the word "card".
NETWORKS = re.compile(
    "|".join(
        (
            r"4(?:[0-9]{15}|[0-9]{18})",  # Visa
            r"(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}",
            # Mastercard, above; American Express
            r"3[47][0-9]{13}",
            r"(?:30[0-5][0-9]|3095|3[689][0-9]{2})[0-9]{10}",  # Diners Club
            r"(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}",  # Discover, RuPay
            r"35[0-9]{14}",  # JCB, RuPay
            r"(?:60|81|82)[0-9]{14}|508[0-9]{13}",  # RuPay
            r"62(?:[0-9]{14}|[0-9]{17})",  # UnionPay
            r"220[0-4](?:[0-9]{12}|[0-9]{15})",  # Mir
            r"(?:5018|5020|5038|5893|6304|6759|676[1-3]|670[69])(?:[0-9]{12}|[0-9]{15})",  # Maestro
            r"(?:63[6-9][0-9]|9792|50(?:6[01]|7[89])[0-9])[0-9]{12}",  # InterPayment, Troy, Verve
        )
    )
)
GAP = "([ .\u00a0-])"
FOUR = r"[0-9]{4}"
# "1.4111...", "0,4111..." are decimals.
LEFT, RIGHT = rf"{BEGIN}(?<![0-9][.,-])", rf"{END}(?![.,][0-9])"


class Card(Recognizer):
    """Finds payment cards' numbers, written as one or in the groups that are embossed."""

    entity = "CREDIT_CARD"
    shapes = (
        (rf"{LEFT}[0-9]{{12,19}}{RIGHT}", ANYTHING),
        (rf"{LEFT}{FOUR}{GAP}{FOUR}\1{FOUR}\1[0-9]{{1,4}}{RIGHT}", ANYTHING),
        (rf"{LEFT}{FOUR}{GAP}{FOUR}\1{FOUR}\1{FOUR}\1[0-9]{{1,3}}{RIGHT}", ANYTHING),
        (rf"{LEFT}{FOUR}{GAP}[0-9]{{6}}\1[0-9]{{4,5}}{RIGHT}", ANYTHING),
        (rf"{LEFT}[0-9]{{6}}{GAP}[0-9]{{10,13}}{RIGHT}", ANYTHING),
    )

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say yes to a network's number, nothing to another that passes Luhn's formula.

        Visa's old numbers of 13 digits count in groups alone: in one they look like bar codes.
        """
        number = digits(pattern_text)
        if not luhn(number) or uniform(number):
            return False
        visa_13 = len(number) == 13 and number[0] == "4" and number != pattern_text
        return True if visa_13 or NETWORKS.fullmatch(number) else None
