"""Best-fit packing: nothing lost, nothing twice, nothing cut that fits."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.model.training.data.packing import BestFitRows, fit
from gemsieve.model.training.data.rows import Documents

lengths = st.lists(st.integers(2, 40), min_size=1, max_size=12)


def rows_of(lengths: list[int], length: int) -> BestFitRows:
    """Make rows of documents whose tokens are all different, so that each can be traced."""
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    weights = np.arange(1, len(lengths) + 1) / 2
    return BestFitRows(Documents(np.arange(1, bounds[-1] + 1), bounds, weights), length)


@given(lengths=lengths, length=st.integers(2, 16))
def test_every_next_token_is_learned_exactly_once(lengths: list[int], length: int) -> None:
    """Over all rows the (token, target) pairs are the neighbours in each document, weighed."""
    rows, learned = rows_of(lengths, length), {}
    for row in (rows[number] for number in range(len(rows))):
        real = row["segments"] > 0
        assert (real == (row["weights"] > 0)).all()
        for token, target, weight in zip(
            row["tokens"][real], row["targets"][real], row["weights"][real], strict=True
        ):
            assert int(token) not in learned
            learned[int(token)] = (int(target), float(weight))
    bounds = rows.documents.bounds
    expected: dict[int, tuple[int, float]] = {}
    for number, (start, stop) in enumerate(itertools.pairwise(bounds)):
        expected |= {n: (n + 1, (number + 1) / 2) for n in range(int(start) + 1, int(stop))}
    assert learned == expected


@given(lengths=lengths, length=st.integers(2, 16))
def test_nothing_is_cut_that_fits(lengths: list[int], length: int) -> None:
    """A document of a row at most is one segment, from position 0; a longer one cuts full rows."""
    rows = rows_of(lengths, length)
    pieces = dict.fromkeys(range(len(lengths)), 0)
    for row in (rows[number] for number in range(len(rows))):
        for segment in range(1, int(row["segments"].max()) + 1):
            mine = row["segments"] == segment
            assert row["positions"][mine].tolist() == list(range(int(mine.sum())))
            token = int(row["tokens"][mine][0])
            owner = int(np.searchsorted(rows.documents.bounds, token - 1, side="right")) - 1
            pieces[owner] += 1
    assert pieces == {n: -(-(size - 1) // length) for n, size in enumerate(lengths)}


@given(sizes=st.lists(st.integers(1, 10), max_size=60))
def test_the_fullest_row_with_room_is_taken(sizes: list[int]) -> None:
    """Rows hold what they would by looking at every one of them for each size."""
    rooms: list[int] = []
    ordered = sorted(sizes, reverse=True)
    for size in ordered:
        fitting = [room for room in rooms if room >= size]
        if fitting:
            rooms[rooms.index(min(fitting))] -= size
        else:
            rooms.append(10 - size)
    found = fit(ordered, 10)
    held = np.bincount(found, weights=ordered, minlength=len(rooms)).tolist() if sizes else []
    assert sorted(held) == sorted(10 - room for room in rooms)
