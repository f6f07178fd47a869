"""The first records of a plan, and no more: the same ones whoever reads them, and how many do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import Meter
from gemsieve.pipeline.reading.slices import Slice


def limited(slices: Sequence[Slice], most: int, text_field: str) -> list[Slice]:
    """Return the slices that hold a plan's first records; the last of them says where it ends.

    A slice that another of its file follows need not be read: that one says how many it has.
    """
    taken: list[Slice] = []
    for place, piece in enumerate(slices):
        if most <= 0:
            break
        following = slices[place + 1] if place + 1 < len(slices) else None
        if following is not None and following.path == piece.path and following.first > piece.first:
            held = following.first - piece.first
        else:
            held = sum(1 for _ in islice(read(piece, text_field, (), Meter()), most + 1))
        taken.append(piece if held <= most else replace(piece, most=most))
        most -= held
    return taken
