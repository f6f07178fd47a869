"""Workers say in small files how far they are; a run in this process blocks, so a bar reads."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from gemsieve.filters.stopwatch import Stopwatch
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.storage import Location, Remote, listed, write_atomically
from gemsieve.pipeline.tally import Tally
from gemsieve.pipeline.watch.spread import Spread

# Seconds between two heartbeats of a slice; an object store bills every one.
INTERVAL, REMOTE_INTERVAL = 0.5, 10.0


@dataclass(frozen=True)
class Beat:
    """How far one slice is.

    Attributes:
        outcomes: Records by outcome (kept, redacted, dropped, quarantined).
        characters: Characters of text judged.
        bytes: Bytes on disk passed.
        seconds: Since its worker began with it.
        stages: Those of them that each stage took.
        spreads: How the characters of documents, and the milliseconds of batches, spread.
    """

    outcomes: Mapping[str, int]
    characters: int
    bytes: int
    seconds: float
    stages: Mapping[str, float] = field(default_factory=dict)
    spreads: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass
class Heartbeat:
    """Writes one slice's progress, with seconds by stage where a stopwatch measures them."""

    folder: Location
    piece: Slice
    watch: Stopwatch | None = None
    _start: float = field(default_factory=time.perf_counter)
    _next: float = 0.0
    _batch: float = field(default_factory=time.perf_counter)
    _spreads: dict[str, Spread] = field(default_factory=dict)

    def judged(self, lengths: Sequence[int]) -> None:
        """Take in how many characters each document of a batch had, which is done now."""
        now = time.perf_counter()
        seconds, self._batch = now - self._batch, now
        for name, values in (
            ("document_characters", lengths),
            ("batch_milliseconds", [round(1000 * seconds)]),
        ):
            self._spreads.setdefault(name, Spread()).add(values)

    def beat(self, tally: Tally, read_bytes: int, *, last: bool = False) -> None:
        """Write the file, not too often and always at the end."""
        now = time.perf_counter()
        if now < self._next and not last:
            return
        self._next = now + interval(self.folder)
        characters = tally.characters.total()
        stages = self.watch.read() if self.watch else {}
        spreads = {name: asdict(spread) for name, spread in self._spreads.items()}
        seconds, outcomes = now - self._start, dict(tally.by_outcome())
        body = Beat(outcomes, characters, read_bytes, seconds, stages, spreads)
        place = self.folder / f"{self.piece.number}.json"
        write_atomically(place, json.dumps(asdict(body)).encode())


def interval(folder: Location) -> float:
    """Return the seconds between two heartbeats that are written there."""
    return REMOTE_INTERVAL if isinstance(folder, Remote) else INTERVAL


def last_beat(folder: Location, piece: Slice) -> Beat | None:
    """Return what one slice last said, if anything."""
    try:
        return Beat(**json.loads((folder / f"{piece.number}.json").read_bytes()))
    except (OSError, ValueError):
        return None


def read_heartbeats(folder: Location) -> list[Beat]:
    """Return what every slice last said."""
    beats: list[Beat] = []
    for path in listed(folder, "*.json"):
        try:
            beats.append(Beat(**json.loads(path.read_bytes())))
        except (OSError, ValueError):  # it is being replaced this moment
            continue
    return beats
