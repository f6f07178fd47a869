"""The two values that cross every border: texts with a few columns in, findings out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation about a text; it never holds the words it saw.

    Attributes:
        label: `harm.kind`, such as `pii.email_address` or `quality.gopher.word_count`.
        score: A probability in 0..1 for harms, languages and identities; else a measured value.
        span: Start and end in code points, end exclusive; None for the whole text.
    """

    label: str
    score: float
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts, and beside them the columns that a detector may need.

    Attributes:
        texts: The texts, in order.
        columns: By name (`language`, `source`, `url`, `prompt`), one value a text or None for it.
    """

    texts: Sequence[str]
    columns: Mapping[str, Sequence[str | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, values in self.columns.items():
            if len(values) != len(self.texts):
                raise ValueError(
                    f"column {name!r} has {len(values)} values for {len(self.texts)} texts"
                )

    def row(self, index: int) -> dict[str, str | None]:
        """Return the columns of one text."""
        return {name: values[index] for name, values in self.columns.items()}

    def take(self, indexes: Sequence[int]) -> Batch:
        """Return the batch of some of the texts, in the order asked for."""
        return Batch(
            [self.texts[i] for i in indexes],
            {name: [values[i] for i in indexes] for name, values in self.columns.items()},
        )
