"""The numbering plans of countries, compiled from the metadata that phonenumbers carries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phonenumbers import NumberFormat, PhoneMetadata

TYPES = (
    *("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan"),
    *("voicemail", "fixed_line", "mobile"),
)
NEVER = "(?!)"


@dataclass(frozen=True, eq=False)
class Plan:
    """The numbering plan of a region, or of a code that belongs to no region.

    Attributes:
        metadata: What it is compiled from.
        code: The country's calling code.
        abroad: What is dialled before another country's code.
        trunk: What is dialled before a number within the country.
        rewriting: What to put in its place; nothing if empty.
        general: The numbers within the country, roughly.
        lengths: Of the numbers within the country.
        local: Lengths that suffice only within an area.
        longest: The greatest length.
        with_trunk: Numbers that are always written with a trunk prefix.
    """

    metadata: PhoneMetadata
    code: str
    abroad: re.Pattern[str]
    trunk: re.Pattern[str]
    rewriting: str
    general: re.Pattern[str]
    lengths: frozenset[int]
    local: frozenset[int]
    longest: int
    with_trunk: re.Pattern[str]

    @property
    def main(self) -> Plan:
        """The plan of the main region of the code."""
        return sharing(self.code)[0]

    def without_trunk(self, digits: str) -> str | None:
        """Return what digits are without a trunk prefix; None if they have none."""
        prefix = self.trunk.match(digits)
        if not prefix or not digits:
            return None
        if self.rewriting and prefix[prefix.re.groups] is not None:
            return self.trunk.sub(self.rewriting, digits, count=1)
        return digits[prefix.end() :]

    def national(self, digits: str) -> tuple[str, bool]:
        """Return digits without a trunk prefix, and whether one was taken off."""
        rest = self.without_trunk(digits)
        if rest is None or (self.general.fullmatch(digits) and not self.general.fullmatch(rest)):
            return digits, False
        return rest, True

    def too_long(self, length: int) -> bool:
        """Say whether a number is longer than any within the country."""
        return length > self.longest and length not in self.local

    def complete(self, length: int) -> bool:
        """Say whether a number is as long as one within the country, or too long."""
        return length not in self.local and (length in self.lengths or length > self.longest)


@cache
def plan(region: str, code: str = "0") -> Plan:
    """Return the numbering plan of a region such as GB, or of a code that is of no region (001)."""
    from phonenumbers import PhoneMetadata

    # Named by a generated table, without types.
    find: Any = PhoneMetadata.metadata_for_region_or_calling_code
    metadata = find(int(code), region)
    general, abroad = metadata.general_desc, metadata.international_prefix
    return Plan(
        metadata=metadata,
        code=str(metadata.country_code),
        abroad=re.compile(NEVER if abroad is None else abroad),
        trunk=re.compile(metadata.national_prefix_for_parsing or NEVER),
        rewriting=metadata.national_prefix_transform_rule or "",
        general=re.compile(general.national_number_pattern),
        lengths=frozenset(general.possible_length),
        local=frozenset(general.possible_length_local_only),
        longest=max(general.possible_length),
        with_trunk=re.compile("|".join(with_trunk(metadata.number_format)) or NEVER),
    )


def with_trunk(formats: Iterable[NumberFormat]) -> Iterator[str]:
    """Yield expressions of the numbers that are always written with a trunk prefix.

    A number is written in the first format whose leading digits and pattern it has.
    """
    others = ""
    for way in formats:
        leading = way.leading_digits_pattern[-1:]
        number = f"(?={''.join(leading)})(?:{way.pattern})\\Z"
        rule = way.national_prefix_formatting_rule
        # A rule may do no more than put brackets around the first group.
        bare = not rule or re.fullmatch(r"\(?\\1\)?", rule)
        if bare or way.national_prefix_optional_when_formatting:
            others += f"(?!{number})"
        else:
            yield others + number


@cache
def codes() -> dict[str, tuple[str, ...]]:
    """Return the regions of every country code, the main one first."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return {str(code): regions for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}


@cache
def sharing(code: str) -> tuple[Plan, ...]:
    """Return the plans of the regions that share a calling code, the main one first."""
    return tuple(plan(region, code) for region in codes()[code])


@cache
def shape(code: str, length: int) -> re.Pattern[str]:
    """Return the expression of the valid numbers of a length under a calling code.

    A number is of the first region whose leading digits it has, or which knows it if the plan names
    no leading digits; only that region says whether it is valid.
    """
    plans = sharing(code)
    elsewhere, branches = "", []
    for plan in plans:
        leading = plan.metadata.leading_digits if len(plans) > 1 else None
        known = "|".join(types(plan.metadata, length))
        if known:
            general = plan.general.pattern
            branches.append(f"{elsewhere}(?={leading or ''})(?=(?:{general})\\Z)(?:{known})")
        if leading:
            elsewhere += f"(?!{leading})"
    return re.compile("|".join(branches) or NEVER)


def types(metadata: PhoneMetadata, length: int) -> list[str]:
    """Return the expressions of the types of numbers that may have a length."""
    general = metadata.general_desc
    every = [getattr(metadata, name) for name in TYPES]
    if metadata.same_mobile_and_fixed_line_pattern:
        every.pop()
    if general is None or length not in general.possible_length:
        return []
    # Without lengths, a type has those of the general description.
    return [
        type_.national_number_pattern
        for type_ in every
        if type_
        and type_.national_number_pattern
        and length in (type_.possible_length or general.possible_length)
    ]
