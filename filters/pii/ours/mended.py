"""Presidio's recognizers of national numbers, less what makes them wrong in any text.

One check digit is right in one of ten or eleven numbers drawn by lot, yet Presidio then says 1.
Here it only keeps out the others: what passes scores what its shape is worth, so that it takes a
word beside it to be acted on. And no number begins or ends inside a longer word.
"""

from __future__ import annotations

from typing import Any

from presidio_analyzer import Pattern, PatternRecognizer, predefined_recognizers

from gemsieve.filters.pii.entities import STOCK
from gemsieve.filters.pii.ours.base import BEGIN, END, TELLING, UNCLEAR

# The most that a shape may score. Digits alone and plates are unclear; letters in places tell.
CAPS = {
    **dict.fromkeys(
        (
            *("AU_ABN", "AU_ACN", "AU_MEDICARE", "AU_TFN", "ABA_ROUTING_NUMBER", "DE_BSNR"),
            *("DE_HEALTH_INSURANCE", "DE_ID_CARD", "DE_LANR", "DE_PASSPORT", "DE_TAX_ID"),
            *(
                "DE_TAX_NUMBER",
                "ES_NIF",
                "IN_AADHAAR",
                "IN_VEHICLE_REGISTRATION",
                "IT_VAT_CODE",
                "KR_BRN",
            ),
            *("KR_DRIVER_LICENSE", "KR_FRN", "NG_NIN", "SE_ORGANISATIONSNUMMER", "SE_PERSONNUMMER"),
            *("SG_UEN", "TH_TNIN", "TR_LICENSE_PLATE", "TR_NATIONAL_ID", "UK_VEHICLE_REGISTRATION"),
            *("US_NPI", "ZA_COMPANY_REGISTRATION", "ZA_DRIVER_LICENSE", "ZA_ID_NUMBER"),
            *("ZA_INCOME_TAX_NUMBER", "ZA_LICENSE_PLATE", "ZA_PASSPORT", "ZA_VAT_NUMBER"),
            "ZA_TRAFFIC_REGISTER_NUMBER",
        ),
        UNCLEAR,
    ),
    **dict.fromkeys(("DE_VAT_ID", "IN_PAN"), TELLING),
}
# Their check and their structure together are proof; they only lacked borders.
PROVEN = frozenset({"FI_PERSONAL_IDENTITY_CODE", "IT_FISCAL_CODE"})
# By name: expressions that match nearly any word, beside others of their recognizer that do not.
TOO_WIDE = frozenset({"PAN (Low)", "PAN (Medium)"})


def mended(entity: str) -> PatternRecognizer:
    """Return Presidio's recognizer of an entity in CAPS or PROVEN, mended."""
    stock: Any = getattr(predefined_recognizers, STOCK[entity])
    cap = CAPS.get(entity, 1.0)

    def validate_result(self: PatternRecognizer, pattern_text: str) -> bool | None:
        valid = stock.validate_result(self, pattern_text)
        return bool(valid) if valid is not None and (entity in PROVEN or not valid) else None

    kind: type[PatternRecognizer] = type(
        stock.__name__, (stock,), {"validate_result": validate_result}
    )
    patterns = [
        Pattern(pattern.name, f"{BEGIN}(?:{pattern.regex}){END}", min(pattern.score, cap))
        for pattern in stock.PATTERNS
        if pattern.name not in TOO_WIDE
    ]
    return kind(patterns=patterns)  # type: ignore[call-arg]
