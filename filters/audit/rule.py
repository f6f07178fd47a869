"""What the audit of a filter looks at, and how unequal the filter may be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

SENTENCES = 1000
LEAST = 30  # trials; of none in so many the interval still reaches to 11 %

Insufficient = Literal["tell", "fail"]


@dataclass(frozen=True)
class AuditRule:
    """What the audit of a job looks at, and what it lets pass.

    Attributes:
        labels: Globs of the labels whose rules are audited.
        sentences: How many sentences of the corpus are swapped, an equal part for each axis.
        flip_rate: Share of swaps that may change what a rule says, of any group or axis.
        score_gap: Mean difference of a score that a swap may make, of any group or axis.
        removal_ratio: How many times as often as others the records of a group may be dropped.
        least: Trials (or records) below which nothing passes and nothing fails.
        insufficient: What a limit that too few trials could test does to the job.
    """

    labels: tuple[str, ...] = ("toxicity.*",)
    sentences: int = SENTENCES
    flip_rate: float | None = None
    score_gap: float | None = None
    removal_ratio: float | None = None
    least: int = LEAST
    insufficient: Insufficient = "tell"

    def names(self, label: str) -> bool:
        """Say whether a label's rules are audited."""
        return any(fnmatchcase(label, glob) for glob in self.labels)

    def body(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self) | {"labels": list(self.labels)}
