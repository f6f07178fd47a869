"""Whether the inputs are still those that a job was planned for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from gemsieve.pipeline.slices import Slice

Stamps = Mapping[str, tuple[int, int]]  # path -> bytes, and when it was last written (ns)


def stamps(slices: Iterable[Slice]) -> dict[str, tuple[int, int]]:
    """Return the stamps of the local files of a plan; no others have any."""
    found = {}
    for path in {piece.path for piece in slices}:
        try:
            state = os.stat(path)
        except (OSError, ValueError):  # remote, or gone
            continue
        found[path] = state.st_size, state.st_mtime_ns
    return found


def changed(slices: Iterable[Slice], before: Stamps) -> list[str]:
    """Return which sources of a plan have other stamps than before, in its order."""
    pieces = list(slices)
    now = stamps(pieces)
    names = {piece.source: piece.path for piece in pieces}
    return [name for name, path in names.items() if now.get(path) != before.get(path)]
