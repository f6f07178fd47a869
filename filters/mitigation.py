"""What a policy does about whom a corpus speaks of: words that it swaps, records that it weighs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Names = Literal["keep", "swap", "leave"]
NAMES: tuple[Names, ...] = get_args(Names)
Method = Literal["weight", "resample"]
METHODS: tuple[Method, ...] = get_args(Method)

GENDER = "identity.gender."


@dataclass(frozen=True)
class GenderSwap:
    """Swap the gendered words of some kept records.

    Substitution, not augmentation (Hall Maudslay et al. 2019, arXiv 1909.00871): a record is
    written in its swapped form or in its own, never in both.

    Attributes:
        share: Of the kept records, those that are swapped; which, the seed and their ids decide.
        names: What is done about first names: they are kept, swapped too, or a text that holds one
            is left alone.
        seed: Another one picks other records.
    """

    share: float = 0.5
    names: Names = "keep"
    seed: int = 0

    def body(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {"share": self.share, "names": self.names, "seed": self.seed}


@dataclass(frozen=True)
class Target:
    """The shares that some groups are to have among the kept records that mention any of them.

    A record that mentions several of them counts for each in equal parts.

    Attributes:
        axis: What the policy calls them, such as `identity.gender.*`.
        labels: The groups.
        stated: By label; they add up to 1 and none is 0. None where those that the kept records
            mention are to be equal.
    """

    axis: str
    labels: tuple[str, ...]
    stated: Mapping[str, float] | None = None

    def shares(self, mentioned: Collection[str]) -> dict[str, float]:
        """Return the shares that are aimed at when kept records mention some labels."""
        if self.stated is not None:
            return dict(self.stated)
        there = [label for label in self.labels if label in mentioned] or self.labels
        return {label: 1 / len(there) for label in there}

    def body(self) -> dict[str, Any]:
        """Return a JSON object."""
        stated = "equal" if self.stated is None else dict(sorted(self.stated.items()))
        return {"axis": self.axis, "shares": stated}


@dataclass(frozen=True)
class Weighting:
    """Weigh kept records so that groups reach stated shares.

    Attributes:
        targets: One for each axis; no label is in two.
        method: `weight` writes how much a record counts, `resample` also how often it is read.
        cap: No record counts more than this, or less than one in this.
        seed: Decides with a record's id how a weight between two whole numbers is rounded.
    """

    targets: tuple[Target, ...]
    method: Method = "weight"
    cap: float = 5.0
    seed: int = 0

    @property
    def labels(self) -> frozenset[str]:
        """Every label that has a target."""
        return frozenset(label for target in self.targets for label in target.labels)

    def body(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "method": self.method,
            "cap": self.cap,
            "seed": self.seed,
            "targets": [target.body() for target in self.targets],
        }


@dataclass(frozen=True)
class Mitigation:
    """All that a policy does about whom a corpus speaks of; by default nothing."""

    gender: GenderSwap | None = None
    weights: Weighting | None = None

    def watches(self, label: str) -> bool:
        """Say whether the report tells how many kept records mention a group."""
        targeted = self.weights is not None and label in self.weights.labels
        return targeted or (self.gender is not None and label.startswith(GENDER))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of lists that kept shards have because of it."""
        return (
            *(("transforms",) if self.gender else ()),
            *(("groups",) if self.weights else ()),
        )

    def __bool__(self) -> bool:
        return self.gender is not None or self.weights is not None
