"""Hold digits against the numbering plans of several regions at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from gemsieve.filters.pii.phone.dialled import LONGEST, SHORTEST, valid
from gemsieve.filters.pii.phone.plan import NEVER, plan, shape

Matches = Callable[[str], object]


class Plans:
    """The numbering plans of some regions.

    Args:
        regions: Such as GB.
    """

    def __init__(self, regions: Sequence[str]) -> None:
        self.regions, self.plans = regions, [plan(region) for region in regions]
        self.prefix = joined(
            prefix
            for plan in self.plans
            for prefix in (
                plan.abroad.pattern,
                plan.code,
                plan.trunk.pattern,
                plan.main.trunk.pattern,
            )
        )
        self.numbers: dict[int, list[tuple[int, Matches, Matches]]] = {}

    def taking(self, dialled: str, written: str) -> int:
        """Return a bit for each region in which digits are a number, as `valid` says."""
        if dialled != written or self.prefix.match(dialled):
            return sum(1 << i for i, r in enumerate(self.regions) if valid(dialled, written, r))
        # There is nothing to take off, so the digits are the number, and it has no trunk prefix.
        return sum(
            bit
            for bit, number, with_trunk in self.of_length(len(dialled))
            if number(dialled) and not with_trunk(dialled)
        )

    def of_length(self, length: int) -> list[tuple[int, Matches, Matches]]:
        """Return the bits of the regions that have numbers of a length, with what tells them.

        Which digits are such a number, and which of these always have a trunk prefix.
        """
        if length not in self.numbers:
            self.numbers[length] = [
                (1 << i, number.fullmatch, plan.main.with_trunk.match)
                for i, plan in enumerate(self.plans)
                if SHORTEST <= length <= LONGEST
                and (number := shape(plan.code, length)).pattern != NEVER
            ]
        return self.numbers[length]


def joined(expressions: Iterable[str]) -> re.Pattern[str]:
    """Return an expression that matches where any of some does."""
    distinct = dict.fromkeys(f"(?:{expression})" for expression in expressions)
    return re.compile("|".join(distinct) or NEVER)
