"""Addresses of crypto-currencies, each proven by the checksum it carries."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

from gemsieve.filters.pii.ours.base import ANYTHING, BEGIN, END, Recognizer
from gemsieve.filters.pii.ours.keccak import keccak256

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
# What the polynomial leaves of a right address: Bech32 (BIP 173) and Bech32m (BIP 350).
RESIDUES = frozenset({1, 0x2BC830A3})


class Crypto(Recognizer):
    """Finds addresses of Bitcoin (Base58Check, Bech32) and of Ethereum (EIP-55)."""

    entity = "CRYPTO"
    shapes = (
        (rf"{BEGIN}[13][1-9A-HJ-NP-Za-km-z]{{25,34}}{END}", ANYTHING),
        (rf"{BEGIN}(?:bc1[02-9ac-hj-np-z]{{11,87}}|BC1[02-9AC-HJ-NP-Z]{{11,87}}){END}", ANYTHING),
        (rf"{BEGIN}0x[0-9A-Fa-f]{{40}}{END}", ANYTHING),
    )

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say whether the checksum is right; nothing of an Ethereum address that carries none."""
        if pattern_text.startswith("0x"):
            body = pattern_text[2:]
            if body in {body.lower(), body.upper()}:
                return None if len(set(body)) > 2 else False
            return body == mixed(body.lower())
        if pattern_text[:3].lower() == "bc1":
            return bech32(pattern_text.lower())
        return base58check(pattern_text)


def base58check(address: str) -> bool:
    """Say whether the last four of 25 bytes are those of the others' double SHA-256."""
    number = 0
    for sign in address:
        number = number * 58 + BASE58.index(sign)
    zeros = len(address) - len(address.lstrip("1"))
    body = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    return len(body) == 25 and sha256(sha256(body[:-4]).digest()).digest()[:4] == body[-4:]


def bech32(address: str) -> bool:
    """Say whether the checksum of a lower-case address is right, by either constant."""
    prefix, _, data = address.rpartition("1")
    values = [ord(sign) >> 5 for sign in prefix] + [0] + [ord(sign) & 31 for sign in prefix]
    residue = 1
    for value in [*values, *map(BECH32.index, data)]:
        top = residue >> 25
        residue = (residue & 0x1FFFFFF) << 5 ^ value
        for i, term in enumerate(GENERATOR):
            residue ^= term if top >> i & 1 else 0
    return residue in RESIDUES


@lru_cache(maxsize=1 << 12)
def mixed(address: str) -> str:
    """Return 40 hexadecimal digits in the case that EIP-55 gives them."""
    digest = keccak256(address.encode()).hex()
    return "".join(
        sign.upper() if int(mark, 16) > 7 else sign
        for sign, mark in zip(address, digest, strict=False)
    )
