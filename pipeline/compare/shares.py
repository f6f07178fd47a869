"""Shares of records, one run's beside another's, and whether they differ by more than chance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gemsieve.filters.intervals import Interval, chance, difference, wilson
from gemsieve.pipeline.report.identity import ENOUGH


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: int
    trials: int

    @property
    def rate(self) -> float:
        """The share; 0 of none."""
        return self.hits / self.trials if self.trials else 0.0

    @property
    def interval(self) -> Interval:
        """Its Wilson interval, 95 %."""
        return wilson(self.hits, self.trials)

    def body(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        told = {"hits": self.hits, "trials": self.trials, "rate": self.rate}
        return told | {"interval": list(self.interval)}


@dataclass(frozen=True)
class Line:
    """One share in both runs, under the name of what it is a share of."""

    name: tuple[str, ...]
    first: Share
    second: Share

    @property
    def change(self) -> float:
        """The second's share less the first's."""
        return self.second.rate - self.first.rate

    @property
    def interval(self) -> Interval:
        """Bounds of the change, 95 %."""
        one, two = self.first, self.second
        return difference(two.hits, two.trials, one.hits, one.trials)

    @property
    def chance(self) -> float:
        """How likely chance alone makes such a change."""
        one, two = self.first, self.second
        return chance(two.hits, two.trials, one.hits, one.trials)

    @property
    def verdict(self) -> str:
        """Whether the interval of the change leaves 0 out: `yes`, `no`, or `too few` to tell."""
        if min(self.first.trials, self.second.trials) < ENOUGH:
            return "too few"
        low, high = self.interval
        return "no" if low <= 0 <= high else "yes"

    @property
    def differs(self) -> bool:
        """Whether it is surely another share."""
        return self.verdict == "yes"

    def body(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "name": list(self.name),
            "a": self.first.body(),
            "b": self.second.body(),
            "change": self.change,
            "interval": list(self.interval),
            "chance": self.chance,
            "differs": self.verdict,
        }


def in_order(found: Iterable[Line]) -> list[Line]:
    """Return lines, those that surely differ first, then by the size of the change."""
    order = ("yes", "no", "too few")
    return sorted(found, key=lambda line: (order.index(line.verdict), -abs(line.change), line.name))
