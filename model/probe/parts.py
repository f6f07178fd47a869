"""What a probe is taught, and which texts are for what."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from gemsieve.model.probe.rows import Row
from gemsieve.model.probe.saved import NAME, ProbeError

Use = Literal["weights", "curve", "figures"]
USES: tuple[Use, ...] = get_args(Use)


@dataclass(frozen=True)
class Wanted:
    """How a probe is to be taught.

    Attributes:
        labels: Their names.
        layer: After which block it reads; None for the one that does best.
        width: Of how many tokens in a row the highest mean counts.
        held_out: The share of texts that teach no weights, half for each of the other uses.
        seed: Of the parts that texts are dealt to.

    Raises:
        ValueError: A value is out of its range.
    """

    labels: tuple[str, ...]
    layer: int | None = None
    width: int = 64
    held_out: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.labels or len(set(self.labels)) < len(self.labels):
            raise ValueError("labels must be one or more, and none of them twice")
        if bad := [label for label in self.labels if not NAME.fullmatch(label)]:
            raise ValueError(f"labels must be names of small letters, not {bad[0]!r}")
        if self.width < 1:
            raise ValueError(f"width must be 1 or more, not {self.width}")
        if not 0 < self.held_out < 1:
            raise ValueError(f"held-out must be between 0 and 1, not {self.held_out:g}")


@dataclass(frozen=True, eq=False)
class Parts:
    """Rows by what they are for: the weights, the layer and the curve, or the figures."""

    rows: dict[Use, list[Row]]

    @classmethod
    def of(cls, rows: Sequence[Row], wanted: Wanted) -> Parts:
        """Deal rows out by their texts: equal ones are in one part.

        Raises:
            ProbeError: A part lacks one of the two kinds of a label.
        """
        dealt: dict[Use, list[Row]] = {use: [] for use in USES}
        for row in rows:
            dealt[use_of(row.text, wanted)].append(row)
        for use, some in dealt.items():
            for index, label in enumerate(wanted.labels):
                count = sum(row.truths[index] for row in some)
                if count in {0, len(some)}:
                    raise ProbeError(
                        f"{label}: true of {count} of the {len(some)} texts for the {use}: it must"
                        " be true of some and false of some; give more texts of the rarer kind"
                    )
        return cls(dealt)

    def truths(self, use: Use) -> npt.NDArray[np.bool_]:
        """Return which labels are true of a part's texts, [texts, labels]."""
        return np.array([row.truths for row in self.rows[use]])

    def texts(self, use: Use) -> list[tuple[str, str | None]]:
        """Return a part's texts with their prompts."""
        return [(row.text, row.prompt) for row in self.rows[use]]


def use_of(text: str, wanted: Wanted) -> Use:
    """Return what a text is for, by its words and the seed alone."""
    drawn = hashlib.sha256(f"{wanted.seed} {text}".encode()).digest()
    place = int.from_bytes(drawn[:8], "big") / 2**64
    if place >= wanted.held_out:
        return "weights"
    return "curve" if place < wanted.held_out / 2 else "figures"
