"""Checksums that publishers build into their keys: a key whose checksum holds is one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
STELLAR_SEED = 18 << 3


def crc32_base62(token: str) -> bool:
    """Say whether the last six characters are the CRC-32, in base 62, of those after the prefix.

    GitHub, "Behind GitHub's new authentication token formats" (2021), and the same of npm.
    """
    body = token.split("_", 1)[-1]
    return to_base62(zlib.crc32(body[:-6].encode()), 6) == body[-6:]


def to_base62(number: int, width: int) -> str:
    """Return a number in base 62, digits before capitals before small letters, padded by zeros."""
    digits = ""
    for _ in range(width):
        number, rest = divmod(number, 62)
        digits = BASE62[rest] + digits
    return digits


def crc32_hex(token: str) -> bool:
    """Say whether the last part is the CRC-32 of all before it, in hexadecimal, low byte first.

    Grafana's service account tokens.
    """
    body, _, check = token.rpartition("_")
    return zlib.crc32(body.encode()).to_bytes(4, "little").hex() == check


def base58check(word: str) -> bool:
    """Say whether a word is Base58Check: its last four bytes a double SHA-256 of the others."""
    number = 0
    for character in word:
        number = number * 58 + BASE58.index(character)
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    body, check = raw[:-4], raw[-4:]
    return hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4] == check


def bech32(word: str) -> bool:
    """Say whether a word is Bech32 (BIP-173): its last six characters a BCH code of all before."""
    from presidio_analyzer.predefined_recognizers import CryptoRecognizer
    from presidio_analyzer.predefined_recognizers.generic.crypto_recognizer import BECH32

    valid: tuple[bool, int | None] = CryptoRecognizer.validate_bech32_address(word)  # type: ignore[no-untyped-call]
    return valid == (True, BECH32)


def stellar(word: str) -> bool:
    """Say whether a word is a Stellar seed (SEP-23): version byte, 32 bytes, CRC-16/XMODEM."""
    raw = base64.b32decode(word)
    return (
        raw[0] == STELLAR_SEED and binascii.crc_hqx(raw[:-2], 0).to_bytes(2, "little") == raw[-2:]
    )


PROOFS: Mapping[str, Callable[[str], bool]] = {
    "base58check": base58check,
    "bech32": bech32,
    "crc32_base62": crc32_base62,
    "crc32_hex": crc32_hex,
    "stellar": stellar,
}
