"""Values that have the shape of secrets and open nothing: drawn here, checksums by public rules.

No value stands in this file: each is put together from a prefix and characters drawn by a seed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import string
import zlib

DIGITS, SMALL, CAPITALS = string.digits, string.ascii_lowercase, string.ascii_uppercase
ALNUM = DIGITS + CAPITALS + SMALL
BASE58 = "".join(c for c in DIGITS + CAPITALS + SMALL if c not in "0OIl")
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
source = random.Random(42)


def drawn(count: int, alphabet: str = ALNUM) -> str:
    """Return so many characters of an alphabet."""
    return "".join(source.choices(alphabet, k=count))


def alnum(count: int) -> str:
    """Return letters and digits; the first three make sure that there are both, in both cases."""
    return "k7Q" + drawn(count - 3)


def url64(count: int) -> str:
    """Return characters of base64url."""
    return alnum(3) + drawn(count - 3, ALNUM + "-_")[:-1] + "b" if count > 4 else alnum(count)


def base32(count: int) -> str:
    """Return characters of base32."""
    return "Q7" + drawn(count - 2, CAPITALS + "234567")


def hexadecimal(count: int) -> str:
    """Return hexadecimal digits, small."""
    return "e7" + drawn(count - 2, "0123456789abcdef")


def uuid() -> str:
    """Return the form of a UUID."""
    return "-".join(hexadecimal(n) for n in (8, 4, 4, 4, 12))


def base62_crc(body: str) -> str:
    """Return the CRC-32 of a token's body in base 62, six digits."""
    value, digits = zlib.crc32(body.encode()), ""
    while value:
        value, rest = divmod(value, 62)
        digits = ALNUM[rest] + digits
    return digits.rjust(6, "0")


def github(prefix: str) -> str:
    """Return a token of GitHub's or npm's format, checksum and all."""
    body = alnum(30)
    return f"{prefix}_{body}{base62_crc(body)}"


def grafana() -> str:
    """Return a service account token: the checksum is of all before it, low byte first."""
    body = "glsa" + "_" + alnum(32)
    return f"{body}_{zlib.crc32(body.encode()).to_bytes(4, 'little').hex()}"


def base58check(payload: bytes) -> str:
    """Return bytes with the first four of their double SHA-256, in base 58."""
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    value, text = int.from_bytes(payload, "big"), ""
    while value:
        value, rest = divmod(value, 58)
        text = BASE58[rest] + text
    return text


def bech32(prefix: str, count: int) -> str:
    """Return a word of BIP-173 with so many drawn characters and their checksum."""
    data = [source.randrange(32) for _ in range(count)]
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + data
    remainder = 1
    for value in [*values, 0, 0, 0, 0, 0, 0]:
        top, remainder = remainder >> 25, (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, mask in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            remainder ^= mask * (top >> bit & 1)
    check = [(remainder ^ 1) >> 5 * (5 - i) & 31 for i in range(6)]
    return f"{prefix}1" + "".join(BECH32[value] for value in data + check)


def stellar() -> str:
    """Return a Stellar seed: version byte, 32 bytes, CRC-16/XMODEM low byte first."""
    raw, crc = bytes([18 << 3]) + source.randbytes(32), 0
    for byte in raw:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return base64.b32encode(raw + crc.to_bytes(2, "little")).decode()


def part(content: object) -> str:
    """Return an object as a part of a JSON Web Token."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def jwt() -> str:
    """Return a signed token."""
    return f"{part({'alg': 'HS256'})}.{part({'sub': alnum(12)})}.{url64(43)}"


def armour(kind: str, body: bytes, headers: str = "", newline: str = "\n") -> str:
    """Return bytes in PEM form."""
    text = base64.b64encode(body).decode()
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return newline.join([f"-----BEGIN {kind}-----", *filter(None, [headers]), *lines,
                         f"-----END {kind}-----"])  # fmt: skip


def der(size: int = 600) -> bytes:
    """Return bytes that begin as a DER sequence."""
    return b"\x30\x82" + source.randbytes(size)


def basic(user: str, password: str) -> str:
    """Return the credentials of Basic authentication."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def discord() -> str:
    """Return a bot's token: its number in base64, a time, a code."""
    number = base64.b64encode(b"1" + drawn(17, DIGITS).encode()).decode().rstrip("=")
    return f"{number}.{url64(6)}.{url64(38)}"
