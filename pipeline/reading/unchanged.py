"""Whether an input is still the one that its job was planned for."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

from gemsieve.pipeline.reading.files import InputError
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.storage import Location, write_atomically

NAME = "inputs.json"


def stamp(path: str) -> list[int] | None:
    """Return a local file's bytes and when it was last written (ns); None for what is none."""
    try:
        state = os.stat(path)
    except (OSError, ValueError):
        return None
    return [state.st_size, state.st_mtime_ns]


def note(work: Location, slices: Iterable[Slice]) -> None:
    """Note the stamps of a plan's inputs where a job works, unless it did before."""
    if (work / NAME).exists():
        return
    body = {path: stamp(path) for path in sorted({piece.path for piece in slices})}
    write_atomically(work / NAME, json.dumps(body).encode())


def refuse_changed(work: Location, piece: Slice) -> None:
    """Refuse what was just read of an input that is not as it was noted.

    Raises:
        InputError: It is not; says so.
    """
    try:
        before = json.loads((work / NAME).read_bytes())
    except FileNotFoundError:  # nobody noted it
        return
    if stamp(piece.path) != before.get(piece.path):
        raise InputError(
            "changed after its job began; name a new folder, and leave inputs alone meanwhile"
        )
