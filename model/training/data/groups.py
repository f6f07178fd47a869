"""Held-out text in groups, by its source or its language, each measured alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gemsieve.filters.finding import Finding
from gemsieve.model.training.data.rows import Laid, Rows, Source
from gemsieve.pipeline.tally import language_of

# So many are measured apart, the largest; what is in none of them is in the last.
MOST = 12
OTHER, UNKNOWN = "other", "unknown"


@dataclass(frozen=True)
class Groups:
    """Hold held-out rows by group, the largest first.

    Attributes:
        names: What metrics call each.
        rows: Those of each.
    """

    names: tuple[str, ...]
    rows: tuple[Rows, ...]

    def __len__(self) -> int:
        return sum(map(len, self.rows))

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Return a row, the groups one after the other."""
        for rows in self.rows:
            if index < len(rows):
                return rows[index]
            index -= len(rows)
        raise IndexError(index)

    def shares(self, limit: int) -> list[int]:
        """Share so many rows out by the groups' sizes; each has at least one."""
        total = len(self)
        return [
            min(len(rows), max(1, round(min(limit, total) * len(rows) / total)))
            for rows in self.rows
        ]


def grouped(documents: Laid, names: Sequence[str], length: int) -> Source:
    """Return documents' rows, in groups where their names differ.

    Args:
        documents: The held-out documents.
        names: The group of each.
        length: Tokens of a row.
    """
    if len(set(names)) < 2:
        return Rows(documents, length)
    sizes = Counter[str]()
    for name, tokens in zip(names, np.diff(documents.bounds), strict=True):
        sizes[name] += int(tokens)
    ranked = [name for name, _ in sorted(sizes.items(), key=lambda one: (-one[1], one[0]))]
    apart = ranked if len(ranked) <= MOST else ranked[: MOST - 1]
    told = [name if name in set(apart) else OTHER for name in names]
    order = [*apart, OTHER] if len(apart) < len(ranked) else apart
    places = {name: [i for i, one in enumerate(told) if one == name] for name in order}
    rows = (Rows(documents.take(np.array(place)), length) for place in places.values())
    return Groups(tuple(order), tuple(rows))


def held_out_names(shards: Sequence[Path], by: str, every: int) -> list[str]:
    """Return the group of every n-th kept document, in the order of the shards.

    Args:
        shards: Kept shards as `gemsieve filter` writes them.
        by: `source`, or `language`: the one that holds at least half of the probability.
        every: n; the n-th, 2n-th... document is held out.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    column = {"source": "source", "language": "findings"}[by]
    names: list[str] = []
    number = 0
    for shard in shards:
        with pq.ParquetFile(shard) as file:
            if column not in file.schema_arrow.names:
                return []
            for batch in file.iter_batches(columns=[column]):
                # Of a small shard none may be held out: an empty list alone would have no type.
                places = range((every - 1 - number) % every, len(batch), every)
                picked = batch.column(column).take(pa.array(places, pa.int64()))
                names += _names(picked.to_pylist(), by)
                number += len(batch)
    return names


def _names(values: Sequence[Any], by: str) -> Iterator[str]:
    """Yield what a column's values say of the documents' groups."""
    if by == "source":
        return (value or UNKNOWN for value in values)
    return (language_of(map(_finding, found or ())) or UNKNOWN for found in values)


def _finding(entry: dict[str, Any]) -> Finding:
    """Return a finding as shards store it."""
    span = None if entry["start"] is None else (entry["start"], entry["end"])
    return Finding(entry["label"], entry["score"], span)


def together(groups: Groups, sums: Sequence[tuple[dict[str, float], float]]) -> dict[str, Any]:
    """Return means over all groups, and beside them the groups' own.

    Args:
        groups: The groups.
        sums: Of each group, its measures times their weights, summed up, and the weights' sum.

    Returns:
        Each measure's mean; `by`, each group's loss; `tokens`, over how many tokens.
    """
    weight = math.fsum(weight for _, weight in sums)
    found: dict[str, Any] = {
        name: math.fsum(totals[name] for totals, _ in sums) / weight for name in sums[0][0]
    }
    told = [one for one in zip(groups.names, sums, strict=True) if one[1][1]]
    found["by"] = {name: totals["loss"] / weight for name, (totals, weight) in told}
    found["tokens"] = {name: int(weight) for name, (_, weight) in told}
    return found


def of_all(found: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what each source's measures are called beside the others', and all their groups."""
    measures: dict[str, Any] = {}
    groups: dict[str, Any] = {}
    for name, one in found.items():
        for key, value in one.items():
            if key in {"by", "tokens"}:
                told = {f"{name}/{group}": number for group, number in value.items()}
                groups[key] = groups.get(key, {}) | told
            else:
                measures[f"{key}/{name}"] = value
    return measures, groups
