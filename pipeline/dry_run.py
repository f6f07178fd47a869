"""Judge the records of a job and write nothing: what would be done with each, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gemsieve.pipeline.manifest import OUTCOMES
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import Meter
from gemsieve.pipeline.run import Ready
from gemsieve.pipeline.sieve import Siever, batches
from gemsieve.pipeline.tally import Tally


@dataclass(frozen=True)
class Judged:
    """What would be done with one record: `keep`, `redact`, `drop` or `quarantine`, and why."""

    id: str
    action: str
    reasons: tuple[str, ...]


def dry_run(ready: Ready) -> Iterator[Judged]:
    """Yield what would be done with each record, in order, in this process."""
    job = ready.job
    siever = Siever(job, ready.digest, len(ready.slices))
    for piece in ready.slices:
        for batch in batches(read(piece, job.text_field, job.read_columns, Meter())):
            found = {one.id: one for one in judged(siever.judge_batch(piece, batch, Tally()))}
            yield from (found[f"{piece.source}:{record.number}"] for record in batch)


def judged(rows: Mapping[str, Mapping[str, Sequence[Any]]]) -> Iterator[Judged]:
    """Yield the records of a judged batch, outcome by outcome."""
    kept, dropped, quarantined = (rows[outcome] for outcome in OUTCOMES)
    for one, action, reasons in zip(kept["id"], kept["action"], kept["reasons"], strict=True):
        yield Judged(one, action, tuple(reasons))
    for one, reasons in zip(dropped["id"], dropped["reasons"], strict=True):
        yield Judged(one, "drop", tuple(reasons))
    for one, reason in zip(quarantined["id"], quarantined["reason"], strict=True):
        yield Judged(one, "quarantine", (reason,))
