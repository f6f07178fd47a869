"""Make numbers that are right by their public rules, for the tables of recognizers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
# Verhoeff 1969: the permutation (0 1 5 8 9 4 2 7)(3 6), as the images of 0 to 9.
VERHOEFF = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
# Decree of the Italian Ministry of Finance, 12 March 1974: what a letter is worth in an odd place;
# digits are worth what the letters A to J are.
FISCAL_ODD = (
    *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18),
    *(20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
)


def grouped(value: str, *lengths: int, by: str = " ") -> str:
    """Cut a value into groups of these lengths and put a separator between them."""
    starts = [sum(lengths[:i]) for i in range(len(lengths))]
    return by.join(value[s : s + n] for s, n in zip(starts, lengths, strict=True))


def wrong(value: str, at: int = -1) -> str:
    """Change one character to the next of its kind: with a check character, always a mistake."""
    at %= len(value)
    kind = next(k for k in ("0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", BECH32) if value[at] in k)
    return value[:at] + kind[(kind.index(value[at]) + 1) % len(kind)] + value[at + 1 :]


def one_digit(value: int) -> str:
    """Return a check value as a digit; numbers whose check value is ten are never given out."""
    assert value < 10
    return str(value)


def weighted(digits: str, weights: Sequence[int]) -> int:
    """Return the sum of digits (0 to 9, A = 10 to Z = 35) by weights, which go round."""
    return sum(int(d, 36) * weights[i % len(weights)] for i, d in enumerate(digits))


def cross(digits: str, weights: Sequence[int]) -> int:
    """Return the sum of the digit sums of digits by weights."""
    products = (int(d) * weights[i % len(weights)] for i, d in enumerate(digits))
    return sum(p // 10 + p % 10 for p in products)


def luhn(digits: str, prefix: str = "") -> str:
    """Append the check digit of ISO/IEC 7812-1, annex B, counted with a prefix before them."""
    return digits + str(-cross((prefix + digits)[::-1], (2, 1)) % 10)


def icao(body: str) -> str:
    """Append the check digit of ICAO Doc 9303, part 3, section 4.9: weights 7, 3, 1."""
    return body + str(weighted(body, (7, 3, 1)) % 10)


def mod_11_10(digits: str) -> str:
    """Append the check digit of ISO/IEC 7064, MOD 11,10."""
    product = 10
    for digit in digits:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return digits + str((11 - product) % 10)


def iban(country: str, account: str) -> str:
    """Put the check digits of ISO 13616 (ISO/IEC 7064, MOD 97-10) before the account."""
    number = "".join(str(int(c, 36)) for c in f"{account}{country}00")
    return f"{country}{98 - int(number) % 97:02}{account}"


def verhoeff(digits: str) -> str:
    """Append Verhoeff's check digit: sums in the dihedral group of the pentagon."""

    def add(a: int, b: int) -> int:
        turn = a + b if a < 5 else a - b
        return turn % 5 + 5 * ((a < 5) != (b < 5))

    def sum_with(check: int) -> int:
        total = 0
        for place, digit in enumerate([check, *map(int, reversed(digits))]):
            for _ in range(place % 8):
                digit = VERHOEFF[digit]  # noqa: PLW2901
            total = add(total, digit)
        return total

    return digits + next(str(check) for check in range(10) if sum_with(check) == 0)


def base58check(version: int, seed: bytes) -> str:
    """Return the Bitcoin address of a hash that is drawn from a seed."""
    payload = bytes([version]) + hashlib.sha256(seed).digest()[:20]
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(payload), ""
    while number:
        number, rest = divmod(number, 58)
        text = BASE58[rest] + text
    return "1" * (len(payload) - len(payload.lstrip(b"\0"))) + text


def bech32(version: int, seed: bytes) -> str:
    """Return a Bitcoin segwit address (BIP 173; BIP 350 from version 1 on)."""
    program = hashlib.sha256(seed).digest()[: 20 if version == 0 else 32]
    bits = "".join(f"{byte:08b}" for byte in program)
    bits += "0" * (-len(bits) % 5)
    data = [version, *(int(bits[i : i + 5], 2) for i in range(0, len(bits), 5))]
    residue = polymod([3, 3, 0, 2, 3, *data, *[0] * 6]) ^ (1 if version == 0 else 0x2BC830A3)
    check = [(residue >> 5 * (5 - i)) & 31 for i in range(6)]
    return "bc1" + "".join(BECH32[value] for value in data + check)


def polymod(values: Sequence[int]) -> int:
    """Return the residue of BIP 173's cyclic code."""
    residue = 1
    for value in values:
        top, residue = residue >> 25, (residue & 0x1FFFFFF) << 5 ^ value
        for i, term in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            residue ^= term * (top >> i & 1)
    return residue


def fiscal(code: str) -> str:
    """Append the check letter of an Italian fiscal code to its fifteen characters."""
    values = [int(c, 36) - 10 * c.isalpha() for c in code]
    total = sum(v if i % 2 else FISCAL_ODD[v] for i, v in enumerate(values))
    return code + chr(ord("A") + total % 26)
