"""Check digits, by the public rule of each."""

from __future__ import annotations

from collections.abc import Sequence


def digits(text: str) -> str:
    """Return the ASCII digits of a text."""
    return "".join(sign for sign in text if "0" <= sign <= "9")


def luhn(number: str) -> bool:
    """Say whether digits pass the Luhn formula (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, sign in enumerate(reversed(number)):
        value = int(sign) << (place & 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def weighted(number: str, weights: Sequence[int]) -> int:
    """Return the sum of digits by weights, the first by the first; what has no weight is left."""
    return sum(int(sign) * weight for sign, weight in zip(number, weights, strict=False))


def uniform(number: str) -> bool:
    """Say whether all digits are the same: no issued number, and it passes many a check."""
    return len(set(number)) == 1
