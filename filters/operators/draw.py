"""Draw stand-ins from a key and a value: the same ones always, and unlike the value."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from gemsieve.filters.operators.key import Key

# Candidates before a maker gives up. Fewer than one in ten is ever turned down.
ATTEMPTS = 64

# So many letters or digits in a row are told from nothing; one more might tell.
SHARED = 3


class Draw:
    """Numbers that depend on a key, an entity and a value alone: one block of HMAC-SHA-512.

    Enough for some 100 digits; of any more, the last would all be zero.
    """

    def __init__(self, key: Key, entity: str, value: str, attempt: int) -> None:
        said = f"{attempt}\0{value}".encode("utf-8", "surrogatepass")
        self._left = int.from_bytes(hmac.digest(key.derive("surrogate", entity), said, "sha512"))

    def below(self, limit: int) -> int:
        """Return a number in 0..limit - 1, each as likely as any other to within 2^-100."""
        self._left, number = divmod(self._left, limit)
        return number

    def string(self, alphabet: str, length: int) -> str:
        """Return characters of an alphabet."""
        return "".join(alphabet[self.below(len(alphabet))] for _ in range(length))

    def digits(self, length: int) -> str:
        """Return decimal digits."""
        return self.string("0123456789", length)


def draws(key: Key, entity: str, value: str) -> Iterator[Draw]:
    """Yield draws for a value, for as many candidates as it is worth trying."""
    return (Draw(key, entity, value, attempt) for attempt in range(ATTEMPTS))


def alike(drawn: str, value: str) -> bool:
    """Say whether what was drawn holds more of a value in a row than means nothing."""
    size = SHARED + 1
    return any(drawn[i : i + size] in value for i in range(len(drawn) - SHARED))


def laid(drawn: str, word: str) -> str:
    """Return a word with its letters and digits replaced, in order, and its separators left."""
    signs = iter(drawn)
    return "".join(next(signs) if sign.isalnum() else sign for sign in word)
