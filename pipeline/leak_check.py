"""Read a slice's kept records again, once they are written, and have each one checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from gemsieve.filters import Filter
from gemsieve.pipeline.heartbeat import Heartbeat
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.leak_counts import Leaks, write_leaks
from gemsieve.pipeline.leak_planted import Planted, mark, read_planted
from gemsieve.pipeline.leak_record import RecordCheck, record_check
from gemsieve.pipeline.leak_stock import sample
from gemsieve.pipeline.slices import Slice
from gemsieve.pipeline.tally import Tally

BATCH_ROWS = 256
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


@dataclass
class Checker:
    """A job with its checks loaded: looks at one slice's kept shard after another.

    Attributes:
        digest: `digest_of` the check.
        pieces: How many slices the plan has; part of the shards' names.
    """

    job: Job
    digest: str
    pieces: int

    @cached_property
    def _record(self) -> RecordCheck:
        planted = read_planted(self.job.planted) if self.job.planted else None
        return record_check(self.job.build_filter(), planted)

    def check(self, piece: Slice, quota: int | None) -> Leaks:
        """Check the kept records of one slice and write what was found.

        Args:
            piece: A slice that has been sieved.
            quota: How many of its records the sample takes; None for all.

        Raises:
            LeakCheckError: A record could not be checked.
        """
        leaks = Leaks()
        beat = Heartbeat(self.job.leak_heartbeats, piece)
        path = self.job.folder / "kept" / piece.shard(self.pieces)
        if path.exists():
            chosen = None if quota is None else sample(ids(path), quota)
            for share, names, texts in rows(path):
                record = names[0]
                try:
                    self._record.check(names, texts, leaks, chosen)
                except Exception as error:
                    kind = type(error).__name__
                    raise LeakCheckError(f"{record}: the leak check failed: {kind}") from None
                beat.beat(Tally(), int(piece.size * share))
        beat.beat(Tally(), piece.size, last=True)
        write_leaks(self.job.leaks, piece.number, self.digest, leaks)
        return leaks


def remaining(shards: Iterable[Path], planted: Planted) -> list[int]:
    """Return the lines of planted values that occur in shards, in order."""
    held = (
        text for path in shards for _, *lists in rows(path) for texts in lists for text in texts
    )
    return sorted({line for text in held for line in planted.found(text)})


def ids(path: Path) -> Iterator[str]:
    """Yield the ids of a shard's records."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["id"]):
            yield from batch.column(0).to_pylist()


def rows(path: Path) -> Iterator[tuple[float, list[str], list[str]]]:
    """Yield of each record which share of the shard it ends, its id and source, and its texts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        fields = [field.name for field in file.schema_arrow if field.type == pa.string()]
        order = ["id", "source", *(name for name in fields if name not in NOT_TEXTS)]
        done, whole = 0, file.metadata.num_rows
        for batch in file.iter_batches(BATCH_ROWS, columns=order):
            columns = [batch.column(name).to_pylist() for name in order]
            for record, source, *texts in zip(*columns, strict=True):
                done += 1
                yield done / whole, [record, source], [text for text in texts if text]
