"""How numbers spread, in four numbers: all that a distribution on a runner's page holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass
class Spread:
    """How many whole numbers there were, their sum, the least and the most of them."""

    count: int = 0
    sum: int = 0
    least: int = 0
    most: int = 0

    def add(self, values: Sequence[int]) -> None:
        """Take in more numbers."""
        if not values:
            return
        least, most = min(values), max(values)
        self.least = min(self.least, least) if self.count else least
        self.most = max(self.most, most) if self.count else most
        self.count += len(values)
        self.sum += sum(values)

    def values(self) -> Iterator[int]:
        """Yield numbers that spread like this: Beam takes them one by one."""
        if self.count:
            yield self.least
        if self.count > 1:
            yield self.most
        if self.count > 2:
            between = self.count - 2
            each, more = divmod(self.sum - self.least - self.most, between)
            yield from (each + (i < more) for i in range(between))
