"""International bank account numbers, in either case, whole or in groups of any size."""

from __future__ import annotations

import re
from collections import defaultdict

from gemsieve.filters.pii.ours.base import ANYTHING, BEGIN, END, Recognizer

# The part behind the check digits, as SWIFT's IBAN registry (ISO 13616) writes it: so many digits
# (n), capitals (a) or either (c).
REGISTRY = """
AD:8n12c AE:19n AL:8n16c AT:16n AZ:4a20c BA:16n BE:12n BG:4a6n8c BH:4a14c BI:23n BR:23n1a1c
BY:4c4n16c CH:5n12c CR:18n CY:8n16c CZ:20n DE:18n DJ:23n DK:14n DO:4c20n EE:16n EG:25n ES:20n
FI:14n FK:2a12n FO:14n FR:10n11c2n GB:4a14n GE:2a16n GI:4a15c GL:14n GR:7n16c GT:4c20c HN:4a20n
HR:17n HU:24n IE:4a14n IL:19n IQ:4a15n IS:22n IT:1a10n12c JO:4a4n18c KW:4a22c KZ:3n13c LB:4n20c
LC:4a24c LI:5n12c LT:16n LU:3n13c LV:4a13c LY:21n MC:10n11c2n MD:2c18c ME:18n MK:3n10c2n MN:16n
MR:23n MT:4a5n18c MU:4a19n3a NI:4a20n NL:4a10n NO:11n OM:3n16c PK:4a16c PL:24n PS:4a21c PT:21n
QA:4a21c RO:4a16c RS:18n RU:14n15c SA:2n18c SC:4a20n3a SD:14n SE:20n SI:15n SK:20n SM:1a10n12c
SO:19n ST:21n SV:4a20n TL:19n TN:20n TR:5n1n16c UA:6n19c VA:18n VG:4a16n XK:16n YE:4a4n18c
"""
STRUCTURES = dict(entry.split(":") for entry in REGISTRY.split())
SIGNS = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}
FORMS = {
    country: re.compile(
        "".join(f"{SIGNS[kind]}{{{count}}}" for count, kind in re.findall("([0-9]+)([nac])", form))
    )
    for country, form in STRUCTURES.items()
}
GAP = "[ \u00a0-]?"


def shapes() -> tuple[tuple[str, float], ...]:
    """Return an expression for every length of the national part, with its countries.

    Groups are of four by the standard; Brazil's are printed unevenly, and form and check digits
    leave no room for chance.
    """
    countries = defaultdict(list)
    for country, form in STRUCTURES.items():
        countries[sum(map(int, re.findall("[0-9]+", form)))].append(country)
    return tuple(
        (
            rf"{BEGIN}(?:{'|'.join(names)})[0-9]{{2}}(?:{GAP}[A-Z0-9]){{{length}}}{END}",
            ANYTHING,
        )
        for length, names in sorted(countries.items())
    )


class Iban(Recognizer):
    """Finds account numbers of the countries in the registry, proven by their check digits."""

    entity = "IBAN_CODE"
    shapes = shapes()
    flags = re.IGNORECASE

    def validate_result(self, pattern_text: str) -> bool:
        """Say whether it has its country's form and leaves 1 by 97 (ISO/IEC 7064)."""
        value = re.sub("[^A-Z0-9]", "", pattern_text.upper())
        form = FORMS.get(value[:2])
        if form is None or not form.fullmatch(value[4:]) or not 2 <= int(value[2:4]) <= 98:
            return False
        return int("".join(str(int(sign, 36)) for sign in value[4:] + value[:4])) % 97 == 1
