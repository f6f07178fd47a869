"""Say whether dialled digits are a phone number, as phonenumbers parses and validates them.

The library takes some 50 us a number and region, most of it to look expressions up. Here its rules
run in the same order over plans that are compiled once.
"""

from __future__ import annotations

from gemsieve.filters.pii.phone.plan import Plan, codes, plan, shape, sharing

# Of a number within a country, without prefixes; country codes have up to three digits.
SHORTEST, LONGEST, LONGEST_CODE = 2, 17, 3
# No plan has a valid number of fewer digits, nor of more with all that may stand before it: a trunk
# prefix (15 digits) or what goes abroad, a country's code, and a trunk prefix again.
FEWEST, MOST = 4, 50


def valid(dialled: str, written: str, region: str) -> bool:
    """Say whether the matcher takes digits for a number in a region.

    It does if `parse` finds a number, `is_valid_number` holds of it, and no trunk prefix is missing
    that is always written.

    Args:
        dialled: Digits, perhaps behind a plus.
        written: All digits that were written, with those of an extension: here the matcher looks
            for the trunk prefix.
        region: Where.
    """
    home, digits = plan(region), dialled.removeprefix("+")
    plus = len(dialled) > len(digits)
    if plus:
        code = country(digits)
        if code or len(digits) <= SHORTEST:
            return valid_within(code, digits[len(code) :])
        # The plus is then taken for a slip, and the digits must show their country otherwise.
    abroad = home.abroad.match(digits)
    if abroad and digits[abroad.end() : abroad.end() + 1] != "0":
        rest = digits[abroad.end() :]
        code = country(rest)
        return valid_within(code, rest[len(code) :])
    if digits.startswith(home.code):
        rest, _ = home.national(digits[len(home.code) :])
        better = home.general.fullmatch(rest) and not home.general.fullmatch(digits)
        if better or home.too_long(len(digits)):
            return valid_within(home.code, rest)
    number = significant(home, digits)
    if plus or not belongs(home.code, number):
        return False
    return not home.main.with_trunk.match(number) or home.main.national(written)[1]


def valid_within(code: str, digits: str) -> bool:
    """Say whether digits that followed a country's code are valid in it; not without a code."""
    return bool(code) and belongs(code, significant(sharing(code)[0], digits))


def significant(plan: Plan, digits: str) -> str:
    """Return the number that the digits mean within a country; empty if it cannot be one."""
    if len(digits) < SHORTEST:
        return ""
    rest, _ = plan.national(digits)
    number = rest if plan.complete(len(rest)) else digits
    return number if SHORTEST <= len(number) <= LONGEST else ""


def belongs(code: str, number: str) -> bool:
    """Say whether a number is valid in the region, of those that share the code, that it is of."""
    return shape(code, len(number)).fullmatch(number) is not None


def country(digits: str) -> str:
    """Return the country code that digits start with, or nothing."""
    for length in range(1, LONGEST_CODE + 1):
        if digits[:length] in codes():
            return digits[:length]
    return ""
