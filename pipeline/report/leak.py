"""The report's section on the leak check: what was looked for, what remains, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gemsieve.filters.pii.entities import STOCK
from gemsieve.pipeline.leak.gate import faults, rate
from gemsieve.pipeline.leak.values import CHECKS

STOCK_NAME = "stock Presidio, in the sample"


@dataclass(frozen=True)
class Line:
    """One entity under one check: its values, and how many that is in a million characters."""

    entity: str
    check: str
    values: int
    rate: float


@dataclass(frozen=True)
class LeakSection:
    """What the section shows.

    Attributes:
        check: What the manifest tells of the check.
        faults: Why the output does not pass; empty when it does.
        proven: Every check that ran over all records, also those that found nothing.
        suspected: Entities that stock Presidio still finds in the sample.
        quiet: Entities that it looked for and did not find.
        unknown: Entities that neither knows, so that nothing was checked.
        spared: Entity, why, values that are no leaks.
    """

    check: Mapping[str, Any]
    faults: Sequence[str]
    proven: Sequence[Line]
    suspected: Sequence[Line]
    quiet: Sequence[str]
    unknown: Sequence[str]
    spared: Sequence[tuple[str, str, int]]

    @property
    def limited(self) -> bool:
        """Whether anything could have failed the job."""
        rule = self.check["rule"]
        limits = rule["limit"], rule["suspected_limit"]
        return any(limit is not None for limit in limits) or self.check["planted"] is not None


def leak_section(check: Mapping[str, Any]) -> LeakSection | None:
    """Return the section of a check, or None when there was none."""
    if not check:
        return None
    entities, held = check["entities"], check["proven"]
    characters, sampled = check["characters"], check["sample"]["characters"]
    proven = [
        Line(entity, c.name, n, rate(n, characters))
        for entity in entities
        for c in CHECKS.get(entity, ())
        for n in [held.get(entity, {}).get(c.name, 0)]
    ]
    suspected = [
        Line(entity, STOCK_NAME, n, rate(n, sampled)) for entity, n in check["suspected"].items()
    ]
    return LeakSection(
        check=check,
        faults=faults(check),
        proven=proven,
        suspected=sorted(suspected, key=lambda line: (-line.values, line.entity)),
        quiet=[e for e in entities if e in STOCK and e not in check["suspected"]],
        unknown=[e for e in entities if e not in STOCK and e not in CHECKS],
        spared=[
            (entity, why, n)
            for entity, kinds in check["spared"].items()
            for why, n in kinds.items()
        ],
    )
