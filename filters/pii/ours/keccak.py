"""Keccak-256 as Ethereum uses it: SHA-3's permutation with the padding of before FIPS 202."""

from __future__ import annotations

from functools import cache

MASK = (1 << 64) - 1
RATE = 136  # bytes a block: 200 less twice the digest's 32
PADDING = 1  # its first byte; 6 in SHA-3


def rotated(lane: int, by: int) -> int:
    """Rotate 64 bits to the left."""
    by %= 64
    return (lane << by | lane >> (64 - by)) & MASK


@cache
def constants() -> tuple[int, ...]:
    """Return the 24 constants of iota: bits of a feedback register (FIPS 202, 3.2.5)."""
    register, out = 1, []
    for _ in range(24):
        lane = 0
        for j in range(7):
            if register & 1:
                lane |= 1 << ((1 << j) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        out.append(lane)
    return tuple(out)


def permuted(state: list[int]) -> list[int]:
    """Return Keccak-f[1600] of 25 lanes; the lane at (x, y) is number x + 5 y (FIPS 202, 3.2)."""
    for constant in constants():
        columns = [
            state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]
            for x in range(5)
        ]
        parity = [columns[x - 1] ^ rotated(columns[(x + 1) % 5], 1) for x in range(5)]
        state = [lane ^ parity[i % 5] for i, lane in enumerate(state)]
        moved, x, y = [state[0], *[0] * 24], 1, 0
        for t in range(24):
            moved[y + 5 * ((2 * x + 3 * y) % 5)] = rotated(state[x + 5 * y], (t + 1) * (t + 2) // 2)
            x, y = y, (2 * x + 3 * y) % 5
        state = [
            moved[i] ^ (~moved[i - i % 5 + (i + 1) % 5] & moved[i - i % 5 + (i + 2) % 5])
            for i in range(25)
        ]
        state[0] ^= constant
    return state


def keccak256(message: bytes) -> bytes:
    """Return the 32 bytes of the digest."""
    padded = bytearray(message) + bytes([PADDING]) + bytes(RATE - 1 - len(message) % RATE)
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), RATE):
        block = padded[start : start + RATE]
        for i in range(RATE // 8):
            state[i] ^= int.from_bytes(block[8 * i : 8 * i + 8], "little")
        state = permuted(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])
