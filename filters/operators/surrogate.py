"""Surrogates: values that look real, are nobody's, and stand for the same value everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from gemsieve.filters.operators import (
    surrogate_addresses as addresses,
)
from gemsieve.filters.operators import (
    surrogate_names as names,
)
from gemsieve.filters.operators import (
    surrogate_numbers as numbers,
)
from gemsieve.filters.operators import (
    surrogate_phones as phones,
)
from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.operator import given, placeholder


class Maker(NamedTuple):
    """How stand-ins of an entity are made and known again.

    Attributes:
        make: From a word to its stand-in; None for a word that it cannot read.
        known: Whether a word is a stand-in: drawn from a range that no value of the entity can be
            in, or carrying this key's mark.
        marked: Whether every sign of it is fixed or the key's. Then nothing that is found in one
            can be anybody's; the other kinds may be a true value of another entity.
    """

    make: Callable[[str, Key], str | None]
    known: Callable[[str, Key], bool]
    marked: bool = False


SURROGATES: dict[str, Maker] = {
    "CREDIT_CARD": Maker(numbers.card, numbers.is_card),
    "EMAIL_ADDRESS": Maker(names.email, names.is_email, marked=True),
    "IBAN_CODE": Maker(numbers.iban, numbers.is_iban),
    "IP_ADDRESS": Maker(addresses.ip, addresses.is_ip),
    "MAC_ADDRESS": Maker(addresses.mac, addresses.is_mac),
    "PHONE_NUMBER": Maker(phones.phone, phones.is_phone),
    "URL": Maker(names.url, names.is_url, marked=True),
    "US_SSN": Maker(numbers.ssn, numbers.is_ssn),
}


MARKED = frozenset(entity for entity, maker in SURROGATES.items() if maker.marked)


@dataclass(frozen=True)
class Surrogate:
    """Writes a stand-in; a stand-in stays, and a word that no stand-in fits gets a placeholder."""

    name = "surrogate"
    keyed = True
    marked = MARKED
    shows = False
    order = (3, 0, "")

    def __call__(self, word: str, entity: str, key: Key | None) -> str:
        """Return the stand-in of a word."""
        if is_surrogate(entity, word, given(key)):
            return word
        maker = SURROGATES.get(entity)
        return (maker and maker.make(word, given(key))) or placeholder(entity)


def is_surrogate(entity: str, word: str, key: Key) -> bool:
    """Say whether a word found as an entity is a stand-in and so nobody's.

    True for what this key made, and for anything in a range that no value of the entity can be in.
    """
    maker = SURROGATES.get(entity)
    return maker is not None and maker.known(word, key)
