"""How a job's output is checked for what should not be there, and how much may remain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

RECORDS = 1000  # of at most 1,000 characters a value: seconds, whatever the size of the job


@dataclass(frozen=True)
class LeakRule:
    """What the check of a job's output looks at, and what it lets pass.

    Attributes:
        records: How many records the slow check samples; None for all of them.
        above: Score above which a suspected value counts; None for the corpus rules' own limits.
        entities: Entities to look for; None for those that the corpus rules always remove.
        limit: Proven values that may remain in a million characters; None for any number.
        suspected_limit: The same for suspected values in the sample.
    """

    records: int | None = RECORDS
    above: float | None = None
    entities: tuple[str, ...] | None = None
    limit: float | None = None
    suspected_limit: float | None = None

    def body(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "records": "all" if self.records is None else self.records,
            "above": self.above,
            "entities": None if self.entities is None else list(self.entities),
            "limit": self.limit,
            "suspected_limit": self.suspected_limit,
        }
