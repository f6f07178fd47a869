"""Audit the filter on a slice that it has sieved: its sentences, each about another group.

What was found in every record stands in the shards, of dropped ones too; the words of the few
that are chosen are read again from the input.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gemsieve.filters.audit.corpus import FAMILY, Mention, chosen, pairs_of
from gemsieve.filters.audit.counts import Swaps
from gemsieve.filters.audit.judge import Judge, judge_of
from gemsieve.filters.audit.pairs import Pair, batches, compare
from gemsieve.filters.finding import Batch
from gemsieve.filters.identity_terms import lexicon
from gemsieve.pipeline import row_group as groups
from gemsieve.pipeline.audit.sums import read_swaps, write_swaps
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.leak.stock import quotas
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import Meter, Record
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.reading.unchanged import refuse_changed
from gemsieve.pipeline.receipt import forget
from gemsieve.pipeline.sieve import columns_of
from gemsieve.pipeline.storage import Location, readable
from gemsieve.pipeline.tally import Tally
from gemsieve.pipeline.workers.aside import read_aside
from gemsieve.pipeline.workers.heartbeat import Heartbeat
from gemsieve.pipeline.workers.place import Place

JUDGED = ("kept", "dropped")
BATCH_ROWS = 1000  # of findings: a row group as a whole would take 50 MB


class AuditError(RuntimeError):
    """A record could not be audited; names it and the kind of error, no words."""


@dataclass(frozen=True)
class Auditor:
    """A job with the rules under audit loaded: looks at one slice after another.

    Attributes:
        digest: `audit_sums.digest_of` the audit.
        pieces: How many slices the plan has; part of the shards' names.
        quotas: How many sentences of each slice to take, for each axis of groups.
    """

    job: Job
    digest: str
    pieces: int
    quotas: tuple[int, ...]

    @cached_property
    def judge(self) -> Judge:
        """The rules under audit, their models loaded."""
        judge = judge_of(self.job.build_filter(), "corpus")
        judge.setup()
        return judge

    @property
    def name(self) -> str:
        """A word for this step."""
        return "audit"

    def done(self, piece: Slice) -> bool:
        """Say whether the filter was audited on a slice."""
        return read_swaps(self.job.audits, piece.number, self.digest) is not None

    def forget(self, piece: Slice) -> None:
        """Take back what the audit of a slice showed."""
        forget(self.job.audits, piece.number)

    def counts(self, piece: Slice) -> Mapping[str, int]:
        """Return the sentences that were swapped."""
        swaps = read_swaps(self.job.audits, piece.number, self.digest)
        return {"counterfactual_swaps": swaps.trials.total()} if swaps else {}

    def probe(self, piece: Slice, place: Place, first: int, last: int) -> None:
        """Judge the sentences of these records by pairs, those apart that are set aside."""
        aside = read_aside(self.job.aside, piece.number)
        only = set(range(first, last + 1)) - aside.keys()
        for pair in self._sample(piece, place, Swaps(), only):
            self._compare([pair], place)

    def work(self, piece: Slice, place: Place) -> Swaps:
        """Swap a sample of one slice's sentences, once it is sieved, and write what that shows.

        Raises:
            AuditError: A record could not be audited.
            InputError: The input was changed.
        """
        beat, swaps = Heartbeat(self.job.audit_heartbeats, piece), Swaps()
        for batch in batches(self._sample(piece, place, swaps)):
            swaps.add(self._compare(batch, place))
        refuse_changed(self.job.work, piece)
        beat.beat(Tally(), piece.size, last=True)
        write_swaps(self.job.audits, piece.number, self.digest, swaps)
        return swaps

    def _sample(
        self, piece: Slice, place: Place, swaps: Swaps, only: Collection[int] | None = None
    ) -> list[Pair]:
        quota = self.quotas[piece.number]
        if not quota or not self.judge.rules:
            return []
        sample = chosen(self._mentions(piece), quota)
        if only is not None:
            sample = [mention for mention in sample if number_of(mention.record) in only]
        return self._pairs(piece, sample, swaps, place)

    def _compare(self, pairs: Sequence[Pair], place: Place) -> Swaps:
        first, last = (number_of(pairs[i].place[0]) for i in (0, -1))
        place.judging(first, last, sum(len(pair.text) + len(pair.swapped) for pair in pairs))
        swaps = compare(self.judge, pairs)
        place.idle()
        return swaps

    def _mentions(self, piece: Slice) -> Iterator[Mention]:
        for outcome in JUDGED:
            path = self.job.folder / outcome / piece.shard(self.pieces)
            if path.exists():
                yield from mentions(path)

    def _pairs(
        self, piece: Slice, sample: Sequence[Mention], swaps: Swaps, place: Place
    ) -> list[Pair]:
        wanted: defaultdict[int, list[Mention]] = defaultdict(list)
        for mention in sample:
            wanted[number_of(mention.record)].append(mention)
        found: list[Pair] = []
        meter = Meter(aside=read_aside(self.job.aside, piece.number))
        records = read(piece, self.job.text_field, self.job.read_columns, meter) if wanted else ()
        place.reading(piece.first, piece.first)
        for record in records:
            if mentioned := wanted.pop(record.number, None):
                name = mentioned[0].record
                try:
                    if not isinstance(record, Record):
                        raise LookupError  # it was judged: somebody changed the input
                    place.judging(record.number, record.number, len(record.text))
                    row = Batch([record.text], columns_of(self.job, piece, [record])).row(0)
                    found += pairs_of(record.text, mentioned, row, swaps)
                except Exception as error:
                    kind = type(error).__name__
                    raise AuditError(f"{name}: the audit failed: {kind}") from None
            if not wanted:
                break
            place.reading(record.number + 1, record.number + 1)
        place.idle()
        if wanted:
            raise AuditError(f"{piece.source}: records are gone that were judged; was it changed?")
        return found


def number_of(record: str) -> int:
    """Return the number in a record's id."""
    return int(record.rpartition(":")[2])


def shares(sizes: Sequence[int], sentences: int) -> list[int]:
    """Divide a number of sentences evenly among axes, and an axis's among slices by size."""
    axes = len({label.split(".")[1] for label in lexicon().labels})
    return [quota or 0 for quota in quotas(sizes, -(-sentences // axes))]


def mentions(path: Location) -> Iterator[Mention]:
    """Yield where a shard's records mention a group, in the order of the records."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with pq.ParquetFile(readable(path)) as file:
        for batch in groups.batches(file, BATCH_ROWS, ["id", "findings"]):
            lists = batch.column("findings")
            found = lists.flatten()
            named = pc.starts_with(found.field("label"), pattern=FAMILY)
            records = batch.column("id").take(pc.list_parent_indices(lists).filter(named))
            columns = (found.field(name).filter(named) for name in ("start", "end", "label"))
            rows = zip(*(c.to_pylist() for c in (*columns, records)), strict=True)
            yield from (Mention(*row) for row in rows)
