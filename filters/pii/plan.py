"""Say quickly which digits no region's numbering plan can take for a valid phone number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

# Islands of these alone hold no international number and no extension, so that whatever the
# matcher tries is a row of whole blocks of digits.
PLAIN = re.compile(r"[0-9\-. ()\[\]/:]+")
BLOCK = re.compile(r"[0-9]+")
# The matcher's block ends here, within a row of digits that goes on.
LONGEST_BLOCK = 20


@dataclass(frozen=True)
class Plan:
    """What the metadata of phonenumbers says about numbers dialled in a region.

    Attributes:
        code: The country's calling code.
        abroad: What is dialled before another country's code.
        trunk: What is dialled before a number within the country, or None.
        rewrites: Whether the trunk prefix is not merely cut off.
        shapes: Numbers of the regions that share the calling code.
    """

    code: str
    abroad: re.Pattern[str]
    trunk: re.Pattern[str] | None
    rewrites: bool
    shapes: tuple[re.Pattern[str], ...]

    def allows(self, digits: str) -> bool:
        """Say whether a number dialled so may be valid."""
        return bool(self.abroad.match(digits)) or any(
            number is None or self.valid(number) for number in self.readings(digits)
        )

    def readings(self, digits: str) -> Iterator[str | None]:
        """Yield the national numbers that the digits may mean; None for one that is rewritten.

        The library cuts off the country's code once and a trunk prefix twice: here, ever again.
        """
        rests = [digits]
        if digits.startswith(self.code):
            rests.append(digits[len(self.code) :])
        for rest in rests:
            yield rest
            prefix = self.trunk.match(rest) if self.trunk else None
            if prefix and self.rewrites:
                yield None
            elif prefix:
                # Read in its turn, as the loop goes on over what it appends.
                rests.append(rest[prefix.end() :])

    def valid(self, number: str) -> bool:
        """Say whether a national number may be valid in a region of the calling code."""
        from phonenumbers import PhoneNumber, is_valid_number

        if not any(shape.fullmatch(number) for shape in self.shapes):
            return False
        if number.startswith("0"):
            return True
        return is_valid_number(
            PhoneNumber(country_code=int(self.code), national_number=int(number))
        )


@lru_cache(maxsize=1 << 15)
def allows(region: str, digits: str) -> bool:
    """Say whether a number dialled so in a region may be valid; never False for one that is."""
    return plan(region).allows(digits)


@cache
def plan(region: str) -> Plan:
    """Return the numbering plan of a region such as GB."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    # Named by a generated table, without types; every region of the recognizer is in it.
    metadata: Any = PhoneMetadata.metadata_for_region
    own = metadata(region)
    sharing = map(metadata, COUNTRY_CODE_TO_REGION_CODE[own.country_code])
    trunk = own.national_prefix_for_parsing
    return Plan(
        code=str(own.country_code),
        abroad=re.compile(own.international_prefix),
        trunk=re.compile(trunk) if trunk else None,
        rewrites=bool(own.national_prefix_transform_rule),
        shapes=tuple(
            re.compile(shape) for shape in {s.general_desc.national_number_pattern for s in sharing}
        ),
    )


def rows(key: str) -> set[str] | None:
    """Return every row of whole blocks that could be a number; None when it cannot be told.

    Args:
        key: An island between its edges, as `edge` writes them.
    """
    island = key[1:-1]
    if not PLAIN.fullmatch(island):
        return None
    blocks = BLOCK.findall(island)
    if any(len(block) > LONGEST_BLOCK for block in blocks):
        return None
    out: set[str] = set()
    for i in range(len(blocks)):
        row = ""
        for block in blocks[i:]:
            row += block
            if len(row) > LONGEST_BLOCK:
                break
            if len(row) >= 4:
                out.add(row)
    return out
