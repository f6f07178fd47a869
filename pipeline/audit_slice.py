"""Audit the filter on a slice that it has sieved: its sentences, each about another group.

What was found in every record stands in the shards, of dropped ones too; the words of the few
that are chosen are read again from the input.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gemsieve.filters.audit.corpus import FAMILY, Mention, chosen, pairs_of
from gemsieve.filters.audit.counts import Swaps
from gemsieve.filters.audit.judge import Judge, judge_of
from gemsieve.filters.audit.pairs import Pair, compare
from gemsieve.filters.finding import Batch
from gemsieve.filters.identity_terms import lexicon
from gemsieve.pipeline.audit_sums import write_swaps
from gemsieve.pipeline.heartbeat import Heartbeat
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.leak_stock import quotas
from gemsieve.pipeline.read import read
from gemsieve.pipeline.record import Meter, Record
from gemsieve.pipeline.sieve import columns_of
from gemsieve.pipeline.slices import Slice
from gemsieve.pipeline.tally import Tally

JUDGED = ("kept", "dropped")


class AuditError(RuntimeError):
    """A record could not be audited; names it and the kind of error, no words."""


@dataclass
class Auditor:
    """A job with the rules under audit loaded: looks at one slice after another.

    Attributes:
        digest: `audit_sums.digest_of` the audit.
        pieces: How many slices the plan has; part of the shards' names.
    """

    job: Job
    digest: str
    pieces: int

    @cached_property
    def judge(self) -> Judge:
        """The rules under audit, their models loaded."""
        judge = judge_of(self.job.build_filter(), "corpus")
        judge.setup()
        return judge

    def audit(self, piece: Slice, quota: int) -> Swaps:
        """Swap a sample of one slice's sentences and write what that shows.

        Args:
            piece: A slice that has been sieved.
            quota: How many sentences to take for each axis of groups.

        Raises:
            AuditError: A record could not be audited.
        """
        beat, swaps = Heartbeat(self.job.audit_heartbeats, piece), Swaps()
        if quota and self.judge.rules:
            pairs = self._pairs(piece, chosen(self._mentions(piece), quota), swaps)
            swaps.add(compare(self.judge, pairs))
        beat.beat(Tally(), piece.size, last=True)
        write_swaps(self.job.audits, piece.number, self.digest, swaps)
        return swaps

    def _mentions(self, piece: Slice) -> Iterator[Mention]:
        for outcome in JUDGED:
            path = self.job.folder / outcome / piece.shard(self.pieces)
            if path.exists():
                yield from mentions(path)

    def _pairs(self, piece: Slice, sample: Sequence[Mention], swaps: Swaps) -> list[Pair]:
        wanted: defaultdict[int, list[Mention]] = defaultdict(list)
        for mention in sample:
            wanted[int(mention.record.rpartition(":")[2])].append(mention)
        found: list[Pair] = []
        records = read(piece, self.job.text_field, self.job.read_columns, Meter()) if wanted else ()
        for record in records:
            if mentioned := wanted.pop(record.number, None):
                name = mentioned[0].record
                try:
                    if not isinstance(record, Record):
                        raise LookupError  # it was judged: somebody changed the input
                    row = Batch([record.text], columns_of(self.job, piece, [record])).row(0)
                    found += pairs_of(record.text, mentioned, row, swaps)
                except Exception as error:
                    kind = type(error).__name__
                    raise AuditError(f"{name}: the audit failed: {kind}") from None
            if not wanted:
                return found
        if wanted:
            raise AuditError(f"{piece.source}: records are gone that were judged; was it changed?")
        return found


def shares(sizes: Sequence[int], sentences: int) -> list[int]:
    """Divide a number of sentences evenly among axes, and an axis's among slices by size."""
    axes = len({label.split(".")[1] for label in lexicon().labels})
    return [quota or 0 for quota in quotas(sizes, -(-sentences // axes))]


def mentions(path: Path) -> Iterator[Mention]:
    """Yield where a shard's records mention a group, in the order of the records."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["id", "findings"]):
            lists = batch.column("findings")
            found = lists.flatten()
            named = pc.starts_with(found.field("label"), pattern=FAMILY)
            records = batch.column("id").take(pc.list_parent_indices(lists).filter(named))
            columns = (found.field(name).filter(named) for name in ("start", "end", "label"))
            rows = zip(*(c.to_pylist() for c in (*columns, records)), strict=True)
            yield from (Mention(*row) for row in rows)
