"""Pairs of a sentence and the same about another group, and how differently they are judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gemsieve.filters.audit.counts import Swaps
from gemsieve.filters.audit.judge import UNIT, Judge, Judged
from gemsieve.filters.finding import Batch

BATCH = 200  # pairs
BINS = 20


@dataclass(frozen=True)
class Pair:
    """One trial.

    Attributes:
        text, swapped: The sentence about `source`, and that about `target`.
        place: The record and the offset in it of the sentence.
        columns: What rules and detectors may ask of the record.
    """

    text: str
    swapped: str
    source: str
    target: str
    place: tuple[str, int] = ("", 0)
    columns: Mapping[str, str | None] = field(default_factory=dict)


def compare(judge: Judge, pairs: Sequence[Pair]) -> Swaps:
    """Judge both sentences of each pair and return the sums; places in the order given."""
    swaps = Swaps()
    for batch in batches(pairs):
        names = sorted({name for pair in batch for name in pair.columns})
        columns = {name: [pair.columns.get(name) for pair in batch] for name in names}
        before = judge(Batch([pair.text for pair in batch], columns))
        after = judge(Batch([pair.swapped for pair in batch], columns))
        for pair, *both in zip(batch, before, after, strict=True):
            count(swaps, pair, *both)
    return swaps


def batches(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    """Yield the pairs in batches."""
    for start in range(0, len(pairs), BATCH):
        yield pairs[start : start + BATCH]


def count(swaps: Swaps, pair: Pair, source: Judged, target: Judged) -> None:
    """Add what one pair shows."""
    groups = pair.source, pair.target
    swaps.trials[groups] += 1
    for which, acting in (
        ("source", source.acting - target.acting),
        ("target", target.acting - source.acting),
    ):
        for rule in sorted(acting):
            swaps.flips[rule, *groups, which] += 1
            swaps.place((*pair.place, rule, *groups))
    for label, score in source.scores.items():
        change = target.scores[label] - score
        gap = abs(change)
        swaps.gaps[label, *groups, "absolute"] += gap
        swaps.gaps[label, *groups, "squares"] += gap * gap
        swaps.gaps[label, *groups, "signed"] += change
        swaps.largest[label, *groups] = max(swaps.largest[label, *groups], gap)
        swaps.bins[label, f"{min(BINS - 1, gap * BINS // UNIT):02d}"] += 1
