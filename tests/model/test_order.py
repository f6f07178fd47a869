"""The order of rows: epochs, mixtures, hosts, reading ahead."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemsieve.model.training.data.order import Mixture, batches, endless_rows, epochs_of, read_ahead
from gemsieve.model.training.data.rows import Row


@dataclass(frozen=True)
class Numbered:
    """Rows that hold their number and nothing else."""

    first: int
    count: int

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Row:
        return {"number": np.array(self.first + range(self.count)[index])}


def numbers(batch: Row) -> list[int]:
    """Return the rows of a batch."""
    return [int(number) for number in batch["number"]]


weights = st.lists(
    st.decimals("0.001", 10, allow_nan=False, places=3).map(float), min_size=1, max_size=5
)


def test_batches_are_a_function_of_seed_and_step() -> None:
    """Any step's batch can be made alone, in any order; other seeds have other batches."""
    rows = Numbered(0, 1000)
    first, again, other = (batches(rows, 3, seed) for seed in (1, 1, 2))
    for step in (17, 0, 8, 17):
        assert numbers(first[step]) == numbers(again[step])
    assert [numbers(first[step]) for step in range(9)] != [numbers(other[s]) for s in range(9)]


@given(count=st.integers(500, 1500), epoch=st.integers(0, 1000), seed=st.integers(0, 2**31))
@settings(max_examples=5)
def test_each_epoch_has_every_row_once(count: int, epoch: int, seed: int) -> None:
    """An epoch is every row exactly once, in another order than the one before."""
    rows = endless_rows(Numbered(0, count), seed)
    read = [[int(rows[e * count + i]["number"]) for i in range(count)] for e in (epoch, epoch + 1)]
    assert all(sorted(order) == list(range(count)) for order in read)
    assert read[0] != read[1]


@given(weights=weights, rows=st.integers(0, 10_000))
def test_a_mixture_keeps_its_weights_all_along(weights: list[float], rows: int) -> None:
    """After any number of rows each source is at its share, but for less than a row a source."""
    mixture = Mixture(tuple(Numbered(0, 1) for _ in weights), tuple(weights))
    counts = mixture.counts(rows)
    assert sum(counts) == rows
    for count, weight in zip(counts, weights, strict=True):
        assert abs(count - rows * weight / sum(weights)) < len(weights)
    source, number = mixture.place(rows)
    assert number == counts[source]
    counts[source] += 1
    assert counts == mixture.counts(rows + 1)


def test_a_mixture_is_exact() -> None:
    """Seven to three is seven of ten rows, in the long run too, and a thousandth is one row."""
    sources = (Numbered(0, 50), Numbered(50, 20))
    assert Mixture(sources, (0.7, 0.3)).counts(1_000_000) == [700_000, 300_000]
    assert Mixture(sources, (0.999, 0.001)).counts(1_000_000) == [999_000, 1_000]


def test_each_source_has_its_own_epochs() -> None:
    """A small source comes round three times as the large one does once, none half-read."""
    mixture = Mixture((Numbered(0, 600), Numbered(600, 200)), (1, 1), ("large", "small"))
    rows = endless_rows(mixture, seed=4)
    read = [int(rows[i]["number"]) for i in range(1200)]
    assert Counter(read) == {number: 1 if number < 600 else 3 for number in range(800)}
    assert epochs_of(mixture, 1200) == {"large": 1.0, "small": 3.0}
    assert epochs_of(Numbered(0, 600), 1200) == {"": 2.0}
    small = [number for number in read if number >= 600]
    assert sorted(small[:200]) == sorted(small[200:400]) == list(range(600, 800))
    assert small[:200] != small[200:400]


def test_equal_sources_are_shuffled_apart() -> None:
    """Sources of one length, as a text and its translation, are not read in step."""
    mixture = Mixture((Numbered(0, 1000), Numbered(1000, 1000)), (1, 1))
    rows = endless_rows(mixture, seed=0)
    read = [int(rows[i]["number"]) % 1000 for i in range(100)]
    assert read[0::2] != read[1::2]


def test_one_source_is_as_if_there_were_no_mixture() -> None:
    """Naming one folder with a weight changes no batch."""
    rows = Numbered(0, 1000)
    alone, mixed = batches(rows, 4, seed=3), batches(Mixture((rows,), (0.2,)), 4, seed=3)
    assert [numbers(alone[i]) for i in range(20)] == [numbers(mixed[i]) for i in range(20)]


@given(
    size=st.integers(1, 12), step=st.integers(0, 5000), seed=st.integers(0, 9), two=st.booleans()
)
@settings(max_examples=20)
def test_hosts_share_each_batch(size: int, step: int, seed: int, two: bool) -> None:
    """For any number of hosts that divides it, their slices joined in order are the batch."""
    one = Numbered(0, 2000)
    rows = Mixture((one, Numbered(2000, 700)), (3, 1)) if two else one
    whole = numbers(batches(rows, size, seed)[step])
    for hosts in (n for n in range(1, size + 1) if size % n == 0):
        slices = [numbers(batches(rows, size, seed, host, hosts)[step]) for host in range(hosts)]
        assert {len(piece) for piece in slices} == {size // hosts}
        assert [number for piece in slices for number in piece] == whole


def test_hosts_that_do_not_divide_the_batch_are_refused() -> None:
    """An uneven share is an error that says the numbers."""
    with pytest.raises(ValueError, match="3 hosts cannot share batches of 4 rows"):
        batches(Numbered(0, 9), 4, 0, host=0, hosts=3)


def test_reading_ahead_changes_no_order() -> None:
    """From any step on, threads give what an index gives, on every host."""
    for found, start in (
        (batches(Numbered(0, 1000), 3, 1), 5),
        (batches(Numbered(0, 1000), 4, 1, 1, 2), 0),
    ):
        with read_ahead(found, start) as reader:
            ahead = [numbers(next(reader)) for _ in range(30)]
        assert ahead == [numbers(found[start + i]) for i in range(30)]
