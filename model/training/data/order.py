"""Which rows a step reads: shuffled anew each epoch, mixed by weight, shared out among hosts.

Everything is a function of the seed, the sources' lengths, the weights and the step: a resumed run
needs no iterator's state, only its step, on whatever number of hosts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import TYPE_CHECKING

import numpy as np

from gemsieve.model.training.data.rows import Row, Source

if TYPE_CHECKING:
    import grain  # type: ignore[import-untyped]

# Enough to hide a slow read behind a step, little enough to forget when a run is told to end.
READERS, AHEAD = 2, 8


@dataclass(frozen=True)
class Mixture:
    """Hold sources and in what proportion rows are read from them.

    Attributes:
        sources: Each with its own epochs, and a shuffle of its own in each.
        weights: One a source, above 0; only their ratios count.
        names: What metrics call each.
    """

    sources: tuple[Source, ...]
    weights: tuple[float, ...]
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return sum(map(len, self.sources))

    @cached_property
    def parts(self) -> tuple[int, ...]:
        """The weights as whole numbers, in exactly the ratios of their decimals."""
        fractions = [Fraction(str(weight)) for weight in self.weights]
        whole = lcm(*(fraction.denominator for fraction in fractions))
        return tuple(int(fraction * whole) for fraction in fractions)

    def counts(self, rows: int) -> list[int]:
        """Return how many of the first rows come from each source; it never lags by a whole row.

        Each source in turn takes its share, rounded up, of what those before it left, as grain's
        own mixture does; that one rounds weights to a hundredth of the smallest.
        """
        counts, left, parts = [], rows, self.parts
        for number, part in enumerate(parts):
            others = sum(parts[number + 1 :])
            rest = left * others // (part + others)
            counts.append(left - rest)
            left = rest
        return counts

    def place(self, row: int) -> tuple[int, int]:
        """Return which source the n-th row comes from, counted from 0, and its number there."""
        before, after = self.counts(row), self.counts(row + 1)
        source = next(i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b)
        return source, before[source]


def epochs_of(rows: Source | Mixture, read: int) -> dict[str, float]:
    """Return how often each source was read once the first rows were; "" names a single one."""
    if not isinstance(rows, Mixture):
        return {"": read / len(rows)}
    counted = zip(rows.names, rows.counts(read), rows.sources, strict=True)
    return {name: count / len(source) for name, count, source in counted}


@dataclass(frozen=True)
class _Mixed:
    """Give the endless rows of a mixture by number."""

    mixture: Mixture
    endless: Sequence[grain.MapDataset]

    def __len__(self) -> int:
        return sys.maxsize

    def __getitem__(self, row: int) -> Row:
        source, number = self.mixture.place(row)
        found: Row = self.endless[source][number]
        return found


@dataclass(frozen=True)
class _HostRows:
    """Give a host's rows of every batch, one batch after the other."""

    rows: grain.MapDataset
    batch_size: int
    host: int
    hosts: int

    def __len__(self) -> int:
        return len(self.rows) // self.hosts

    def __getitem__(self, row: int) -> Row:
        step, place = divmod(row, self.batch_size // self.hosts)
        first = step * self.batch_size + self.host * (self.batch_size // self.hosts)
        found: Row = self.rows[first + place]
        return found


def endless_rows(rows: Source | Mixture, seed: int) -> grain.MapDataset:
    """Return rows without end, each source's shuffled anew every epoch; index by number."""
    import grain

    if not isinstance(rows, Mixture):
        return grain.MapDataset.source(rows).seed(seed).shuffle().repeat()
    each = [endless_rows(one, seed_of(seed, number)) for number, one in enumerate(rows.sources)]
    return grain.MapDataset.source(_Mixed(rows, each))


def seed_of(seed: int, source: int) -> int:
    """Return the seed of a source's shuffles; the first has the run's.

    The others' are far from it and each other, as a shuffle's seed counts up by epochs.
    """
    if source == 0:
        return seed
    return int(np.random.SeedSequence((seed, source)).generate_state(1)[0])


def host_rows(rows: grain.MapDataset, batch_size: int, host: int, hosts: int) -> grain.MapDataset:
    """Return one host's contiguous slice of each batch, row after row; it reads no other.

    Joined in the order of hosts the slices are the batches, for any number of hosts.

    Raises:
        ValueError: That number does not divide the batch.
    """
    import grain

    if batch_size % hosts:
        raise ValueError(f"{hosts} hosts cannot share batches of {batch_size} rows evenly")
    if hosts == 1:
        return rows
    return grain.MapDataset.source(_HostRows(rows, batch_size, host, hosts))


def batches(
    rows: Source | Mixture, batch_size: int, seed: int, host: int = 0, hosts: int = 1
) -> grain.MapDataset:
    """Return endless batches, reshuffled every epoch; index by step.

    Each has [batch_size, length], or a host's [batch_size / hosts, length] of it.
    """
    mine = host_rows(endless_rows(rows, seed), batch_size, host, hosts)
    return mine.batch(batch_size // hosts)


@contextmanager
def read_ahead(found: grain.MapDataset, start: int) -> Iterator[Iterator[Row]]:
    """Give the batches from a step on, in order, read by threads while the device works."""
    import grain

    options = grain.ReadOptions(num_threads=READERS, prefetch_buffer_size=AHEAD)
    reader = iter(found[start:].to_iter_dataset(options))
    try:
        yield reader
    finally:
        reader.close()
