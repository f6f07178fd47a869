"""Recognizers of ours, for the default mode: Presidio's entities found better, and some it lacks.

A table alone, so that a policy can be checked without the libraries; docs/pii.md tells the reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer

# Entity: module and class, in this package, of the recognizers that together find it.
OURS: dict[str, tuple[str, ...]] = {
    "BR_CPF": ("national:BrCpf",),
    "CN_RESIDENT_ID": ("national:CnResidentId",),
    "CREDIT_CARD": ("cards:Card",),
    "CRYPTO": ("crypto:Crypto",),
    "DATE_TIME": ("dates:Date",),
    "EMAIL_ADDRESS": ("email:Email",),
    "FR_NIR": ("national:FrNir",),
    "IBAN_CODE": ("iban:Iban",),
    "IP_ADDRESS": ("network:Ip",),
    "JP_MY_NUMBER": ("national:JpMyNumber",),
    "KR_RRN": ("national:KrRrn",),
    "MAC_ADDRESS": ("network:Mac",),
    "MEDICAL_LICENSE": ("us:Prescriber",),
    "NL_BSN": ("national:NlBsn",),
    "PHONE_NUMBER": ("phone:Phone", "phone:PhoneByPlan"),
    "PL_PESEL": ("national:PlPesel",),
    "PT_NIF": ("national:PtNif",),
    "UK_NHS": ("national:Nhs",),
    "UK_NINO": ("national:UkNino",),
    "US_BANK_NUMBER": ("us:BankAccount",),
    "US_DRIVER_LICENSE": ("licence:UsDriverLicence",),
    "US_ITIN": ("us:Itin",),
    "US_PASSPORT": ("us:Passport",),
    "US_SSN": ("us:Ssn",),
}
# The countries, as Presidio writes them, of the entities that it does not know.
COUNTRIES: dict[str, str] = {
    "BR_CPF": "br",
    "CN_RESIDENT_ID": "cn",
    "FR_NIR": "fr",
    "JP_MY_NUMBER": "jp",
    "NL_BSN": "nl",
    "PT_NIF": "pt",
}
# What the default mode looks for when not told: what points at a person anywhere, and the numbers
# that states give to people where its twelve languages are spoken. Not links and UUIDs: they are in
# nearly every document and seldom point at a person.
DEFAULT = frozenset(
    set(OURS)
    | {"DE_SOCIAL_SECURITY", "DE_TAX_ID", "ES_NIE", "ES_NIF", "IN_AADHAAR", "IN_PAN"}
    | {"IT_FISCAL_CODE"}
)


def build(entities: Iterable[str]) -> list[EntityRecognizer]:
    """Return the recognizers that find entities: ours, Presidio's mended, or Presidio's."""
    from presidio_analyzer import predefined_recognizers

    from gemsieve.filters.pii.entities import STOCK
    from gemsieve.filters.pii.ours import mended

    out: list[EntityRecognizer] = []
    for entity in entities:
        if entity in OURS:
            for place in OURS[entity]:
                module, name = place.split(":")
                out.append(getattr(import_module(f"{__name__}.{module}"), name)())
        elif entity in mended.CAPS or entity in mended.PROVEN:
            out.append(mended.mended(entity))
        else:
            out.append(getattr(predefined_recognizers, STOCK[entity])())
    return out
