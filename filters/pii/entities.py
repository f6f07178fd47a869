"""The entities that the PII detector knows, and which of them it looks for when not told."""

from __future__ import annotations

from collections.abc import Iterable

from gemsieve.filters.policy_file import nearest

# Presidio's entity: the class in presidio_analyzer.predefined_recognizers that finds it. A table
# and not a question to the library, so that a policy can be checked where it is not installed.
RECOGNIZERS: dict[str, str] = {
    "CREDIT_CARD": "CreditCardRecognizer",
    "CRYPTO": "CryptoRecognizer",
    "DATE_TIME": "DateRecognizer",
    "EMAIL_ADDRESS": "EmailRecognizer",
    "IBAN_CODE": "IbanRecognizer",
    "IP_ADDRESS": "IpRecognizer",
    "MAC_ADDRESS": "MacAddressRecognizer",
    "MEDICAL_LICENSE": "MedicalLicenseRecognizer",
    "PHONE_NUMBER": "PhoneRecognizer",
    "UK_NHS": "NhsRecognizer",
    "URL": "UrlRecognizer",
    "US_BANK_NUMBER": "UsBankRecognizer",
    "US_DRIVER_LICENSE": "UsLicenseRecognizer",
    "US_ITIN": "UsItinRecognizer",
    "US_PASSPORT": "UsPassportRecognizer",
    "US_SSN": "UsSsnRecognizer",
}

# Addresses of pages and dates are in nearly every document and seldom point at a person: to
# redact them all would cost more text than it protects, so they are for those who ask.
ASKED_FOR = frozenset({"DATE_TIME", "URL"})
DEFAULT: tuple[str, ...] = tuple(name for name in RECOGNIZERS if name not in ASKED_FOR)


def checked(entities: Iterable[str]) -> tuple[str, ...]:
    """Return the entities without repetition, in alphabetical order.

    Raises:
        TypeError: Not a sequence of strings.
        ValueError: None are given, or one is unknown; names the nearest that is known.
    """
    if isinstance(entities, str) or not all(isinstance(name, str) for name in entities):
        raise TypeError('entities: must be an array of names, as in ["EMAIL_ADDRESS"]')
    names = tuple(sorted(set(entities)))
    if not names:
        raise ValueError("entities: name at least one, or leave the option out")
    for name in names:
        if name not in RECOGNIZERS:
            raise ValueError(f"entities: no entity {name!r}{nearest(name.upper(), RECOGNIZERS)}")
    return names


def label(entity: str) -> str:
    """Return the label of an entity's findings: `pii.us_ssn` for US_SSN."""
    return f"pii.{entity.lower()}"
