"""Read a slice's kept records again, once they are written, and have each one checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

from gemsieve.filters import Filter
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.leak.counts import Leaks, read_leaks, write_leaks
from gemsieve.pipeline.leak.planted import Planted, mark, read_planted
from gemsieve.pipeline.leak.record import RecordCheck, record_check
from gemsieve.pipeline.leak.stock import sample
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.receipt import forget
from gemsieve.pipeline.row_group import batches
from gemsieve.pipeline.storage import Location, readable
from gemsieve.pipeline.tally import Tally
from gemsieve.pipeline.workers.aside import read_aside
from gemsieve.pipeline.workers.heartbeat import Heartbeat
from gemsieve.pipeline.workers.place import Place

BATCH_ROWS = 256
IDS = 10_000  # read at a time
NOT_TEXTS = {"id", "source", "action"}


class LeakCheckError(RuntimeError):
    """A record could not be checked; names it and the kind of error, no words."""


def digest_of(job: Job, judge: Filter, sieved: str) -> str:
    """Return the digest (hex) of all that decides what a check finds, limits aside.

    `sieved` is the digest of what decides the bytes that it reads.
    """
    rule = judge.policy.leak_check.body()
    said = {
        "sieved": sieved,
        "rule": {name: rule[name] for name in ("records", "above", "entities")},
        "libraries": {name: version(name) for name in ("presidio-analyzer", "phonenumbers")},
        "planted": mark(job.planted) if job.planted else None,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Checker:
    """A job with its checks loaded: looks at one slice's kept shard after another.

    Attributes:
        digest: `digest_of` the check.
        pieces: How many slices the plan has; part of the shards' names.
        quotas: How many records of each slice the sample takes; None for all.
    """

    job: Job
    digest: str
    pieces: int
    quotas: tuple[int | None, ...]

    @cached_property
    def _record(self) -> RecordCheck:
        planted = read_planted(self.job.planted) if self.job.planted else None
        return record_check(self.job.build_filter(), planted)

    @property
    def name(self) -> str:
        """A word for this step."""
        return "leak check"

    def done(self, piece: Slice) -> bool:
        """Say whether a slice was checked."""
        return read_leaks(self.job.leaks, piece.number, self.digest) is not None

    def forget(self, piece: Slice) -> None:
        """Take back what was found in a slice."""
        forget(self.job.leaks, piece.number)

    def counts(self, piece: Slice) -> Mapping[str, int]:
        """Return the proven values that remain."""
        leaks = read_leaks(self.job.leaks, piece.number, self.digest)
        return {"proven_leaks": leaks.proven.total()} if leaks else {}

    def probe(self, piece: Slice, place: Place, first: int, last: int) -> None:
        """Check these records again, those apart that are set aside."""
        aside = read_aside(self.job.aside, piece.number)
        self._look(piece, place, set(range(first, last + 1)) - aside.keys())

    def work(self, piece: Slice, place: Place) -> Leaks:
        """Check the kept records of one slice, which has been sieved, and write what was found.

        Raises:
            LeakCheckError: A record could not be checked.
        """
        leaks = self._look(piece, place)
        write_leaks(self.job.leaks, piece.number, self.digest, leaks)
        return leaks

    def _look(self, piece: Slice, place: Place, only: Collection[int] | None = None) -> Leaks:
        leaks, quota = Leaks(), self.quotas[piece.number]
        beat = Heartbeat(self.job.leak_heartbeats, piece)
        _ = self._record  # loaded before any record's time begins
        path = self.job.folder / "kept" / piece.shard(self.pieces)
        if path.exists():
            chosen = None if quota is None else sample(ids(path), quota)
            for share, names, texts in rows(path):
                record = names[0]
                number = int(record.rpartition(":")[2])
                if only is not None and number not in only:
                    continue
                place.judging(number, number, sum(map(len, texts)))
                try:
                    self._record.check(names, texts, leaks, chosen)
                except Exception as error:
                    kind = type(error).__name__
                    raise LeakCheckError(f"{record}: the leak check failed: {kind}") from None
                beat.beat(Tally(), int(piece.size * share))
            place.idle()
        beat.beat(Tally(), piece.size, last=True)
        return leaks


def remaining(shards: Iterable[Location], planted: Planted) -> list[int]:
    """Return the lines of planted values that occur in shards, in order."""
    held = (
        text for path in shards for _, *lists in rows(path) for texts in lists for text in texts
    )
    return sorted({line for text in held for line in planted.found(text)})


def ids(path: Location) -> Iterator[str]:
    """Yield the ids of a shard's records."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(readable(path)) as file:
        for batch in batches(file, IDS, ["id"]):
            yield from batch.column(0).to_pylist()


def rows(path: Location) -> Iterator[tuple[float, list[str], list[str]]]:
    """Yield of each record which share of the shard it ends, its id and source, and its texts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(readable(path)) as file:
        fields = [field.name for field in file.schema_arrow if field.type == pa.string()]
        order = ["id", "source", *(name for name in fields if name not in NOT_TEXTS)]
        done, whole = 0, file.metadata.num_rows
        for batch in batches(file, BATCH_ROWS, order):
            columns = [batch.column(name).to_pylist() for name in order]
            for record, source, *texts in zip(*columns, strict=True):
                done += 1
                yield done / whole, [record, source], [text for text in texts if text]
