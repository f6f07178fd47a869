"""Keyed operators that write letters: a hash that tells equal values, and one that can be undone.

Letters alone, `a` to `p` for the hexadecimal digits, so that no pattern of numbers finds any.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass

from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.operator import NONE, given

HASH_BYTES = 16
MARK = 8  # letters of the key's fingerprint that lead a ciphertext
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
DIGITS = str.maketrans("abcdefghijklmnop", "0123456789abcdef")

# A ciphertext begins with a z, which no hash holds; a synthetic initialisation vector of 16 bytes
# stands before at least one byte.
HASHED = f"[a-p]{{{2 * HASH_BYTES}}}"
ENCRYPTED = f"z[a-p]{{{MARK}}}(?:[a-p]{{2}}){{17,}}"
CIPHERTEXT = re.compile(rf"(?:<|\\u003[cC])([A-Z0-9_]{{1,128}}):({ENCRYPTED})(?:>|\\u003[eE])")


class DecryptError(Exception):
    """What is to be restored cannot be, and why; holds none of it."""


@dataclass(frozen=True)
class Hash:
    """Writes a keyed hash: the first 128 bits of HMAC-SHA-256 (RFC 2104) of the words in UTF-8."""

    name = "hash"
    keyed = True
    marked = NONE
    shows = False
    order = (1, 0, "")

    def __call__(self, word: str, entity: str, key: Key | None) -> str:
        """Return `<ENTITY:letters>`."""
        secret = given(key).derive(self.name, entity)
        digest = hmac.digest(secret, word.encode("utf-8", "surrogatepass"), "sha256")
        return f"<{entity}:{lettered(digest[:HASH_BYTES])}>"


@dataclass(frozen=True)
class Encrypt:
    """Writes a ciphertext that only the key undoes, and equal ones for equal values.

    AES-256-SIV (RFC 5297), whose subkey is the entity's own; without a nonce, on purpose.
    """

    name = "encrypt"
    keyed = True
    marked = NONE
    shows = False
    order = (2, 0, "")

    def __call__(self, word: str, entity: str, key: Key | None) -> str:
        """Return `<ENTITY:zletters>`: a mark of the key, and the ciphertext."""
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        cipher = AESSIV(given(key).derive(self.name, entity))
        sealed = cipher.encrypt(word.encode("utf-8", "surrogatepass"), None)
        return f"<{entity}:z{mark(given(key))}{lettered(sealed)}>"


def lettered(data: bytes) -> str:
    """Return bytes as letters, two a byte."""
    return data.hex().translate(LETTERS)


def mark(key: Key) -> str:
    """Return the letters that tell which key a ciphertext is of."""
    return key.fingerprint[:MARK].translate(LETTERS)


def decrypt(text: str, key: Key, write: Callable[[str], str] = str) -> tuple[str, int, int]:
    r"""Restore what a key encrypted in a text, and leave all else, other keys' ciphertexts too.

    Args:
        text: The text; its angle brackets may be written as JSON allows, `\u003c`.
        key: The key.
        write: How a restored value is written, such as with JSON's escapes.

    Returns:
        The text, how many ciphertexts were this key's, and how many were not.

    Raises:
        DecryptError: A ciphertext is this key's and was changed since.
    """
    counts = [0, 0]

    def restore(match: re.Match[str]) -> str:
        entity, letters = match[1], match[2][1:]
        own = letters.startswith(mark(key))
        counts[not own] += 1
        return write(restored(letters[MARK:], entity, key)) if own else match[0]

    return CIPHERTEXT.sub(restore, text), counts[0], counts[1]


def restored(letters: str, entity: str, key: Key) -> str:
    """Return what was encrypted as an entity; DecryptError if the ciphertext is not whole."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    try:
        data = AESSIV(key.derive(Encrypt.name, entity)).decrypt(
            bytes.fromhex(letters.translate(DIGITS)), None
        )
    except InvalidTag:
        raise DecryptError(
            f"a ciphertext of {entity} was changed after it was written; it cannot be restored"
        ) from None
    return data.decode("utf-8", "surrogatepass")
