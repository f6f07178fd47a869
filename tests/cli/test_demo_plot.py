"""Claims about plots made of characters."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gemsieve.cli.demo_plot import BLANK, DOTS, bar, curve

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=300)
SIZES = st.tuples(st.integers(1, 40), st.integers(1, 12))


def dots(lines: list[str]) -> list[list[int]]:
    """Return the rows of the dots in each column, read back from the characters."""
    return [
        [
            4 * row + i
            for row, line in enumerate(lines)
            for i in range(4)
            if (ord(line[x // 2]) - BLANK) & DOTS[i][x % 2]
        ]
        for x in range(2 * len(lines[0]))
    ]


@given(VALUES, SIZES)
def test_a_curve_fills_its_frame_and_never_breaks(ys: list[float], size: tuple[int, int]) -> None:
    """Each column has one unbroken run of dots, and it meets the run before it."""
    width, height = size
    lines = curve(ys, width, height)
    assert [len(line) for line in lines] == [width] * height
    columns = dots(lines)
    for column in columns:
        assert column == list(range(column[0], column[-1] + 1))
    for one, next_ in pairwise(columns):
        assert one[0] - 1 <= next_[-1]
        assert next_[0] <= one[-1] + 1


@given(st.integers(2, 40), st.integers(1, 12))
def test_a_falling_line_goes_from_the_upper_left_to_the_lower_right(
    width: int, height: int
) -> None:
    """The first value stands on the left, the highest on top."""
    columns = dots(curve([1.0, 0.0], width, height))
    assert columns[0][0] == 0
    assert columns[-1][-1] == 4 * height - 1
    assert [c[0] for c in columns] == sorted(c[0] for c in columns)


def test_fewer_than_two_values_draw_nothing() -> None:
    """A run of one recorded step has no curve, and is no error."""
    for ys in ([], [1.0]):
        assert curve(ys, 3, 2) == [chr(BLANK) * 3] * 2


@given(st.floats(0, 1), st.integers(1, 50))
def test_a_bar_is_as_long_as_its_share(share: float, width: int) -> None:
    """A bar is within half a cell of its share, but never invisible when there is something."""
    length = len(bar(share, width))
    assert length <= width
    assert abs(length - share * width) <= 0.5 or (length == 1 and share > 0)
    assert (length > 0) == (share > 0)
