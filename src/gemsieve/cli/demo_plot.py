"""Plots made of characters, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

# Unicode's braille patterns: the bit of each dot of a cell, by row and column.
BLANK = 0x2800
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
BAR = "█"


def curve(ys: Sequence[float], width: int, height: int) -> list[str]:
    """Draw finite values at even steps as a line of braille dots, `height` lines of `width` cells.

    The highest value touches the top and the lowest the bottom; fewer than two values draw none.
    """
    cells = [[BLANK] * width for _ in range(height)]
    columns, rows = 2 * width, 4 * height
    low, high = min(ys, default=0.0), max(ys, default=0.0)
    before: int | None = None
    for x in range(columns if len(ys) > 1 else 0):
        place = x * (len(ys) - 1) / (columns - 1)
        i = min(int(place), len(ys) - 2)
        value = ys[i] + (ys[i + 1] - ys[i]) * (place - i)
        y = round((high - value) / ((high - low) or 1.0) * (rows - 1))
        reach = range(min(y, before + 1), max(y, before - 1) + 1) if before is not None else [y]
        for dot in reach:
            cells[dot // 4][x // 2] |= DOTS[dot % 4][x % 2]
        before = y
    return ["".join(map(chr, line)) for line in cells]


def bar(share: float, width: int) -> str:
    """Draw a share in 0..1 as a bar; any share above 0 shows."""
    return BAR * max(round(share * width), share > 0)
