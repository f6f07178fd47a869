"""Workers say in small files how far they are; a run in this process blocks, so a bar reads."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gemsieve.pipeline.slices import Slice
from gemsieve.pipeline.tally import Tally

INTERVAL = 0.5  # seconds between two heartbeats of a slice


@dataclass(frozen=True)
class Beat:
    """How far one slice is.

    Attributes:
        outcomes: Records by outcome (kept, redacted, dropped, quarantined).
        characters: Characters of text judged.
        bytes: Bytes on disk passed.
        seconds: Since its worker began with it.
    """

    outcomes: Mapping[str, int]
    characters: int
    bytes: int
    seconds: float


@dataclass
class Heartbeat:
    """Writes one slice's progress."""

    folder: Path
    piece: Slice
    _start: float = field(default_factory=time.perf_counter)
    _next: float = 0.0

    def beat(self, tally: Tally, read_bytes: int, *, last: bool = False) -> None:
        """Write the file, at most twice a second and always at the end."""
        now = time.perf_counter()
        if now < self._next and not last:
            return
        self._next = now + INTERVAL
        characters = tally.characters.total()
        body = Beat(dict(tally.by_outcome()), characters, read_bytes, now - self._start)
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".{self.piece.number}.{os.getpid()}.tmp"
        draft.write_text(json.dumps(asdict(body)))
        draft.replace(self.folder / f"{self.piece.number}.json")


def read_heartbeats(folder: Path) -> list[Beat]:
    """Return what every slice last said."""
    beats: list[Beat] = []
    for path in sorted(folder.glob("*.json")):
        try:
            beats.append(Beat(**json.loads(path.read_text())))
        except (OSError, ValueError):  # it is being replaced this moment
            continue
    return beats
