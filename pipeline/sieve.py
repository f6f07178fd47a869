"""Sieve one slice: read, judge in batches, write its shards, and sign for them with a receipt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gemsieve.filters import Action, Batch, Filter, Verdict
from gemsieve.filters.stopwatch import stage, timed
from gemsieve.pipeline.annotate.recall import Memory, remember
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import OUTCOMES
from gemsieve.pipeline.mitigate.mitigate import Mitigator
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.reading.unchanged import refuse_changed
from gemsieve.pipeline.receipt import Receipt
from gemsieve.pipeline.signed_step import SignedStep
from gemsieve.pipeline.tally import Tally
from gemsieve.pipeline.workers.aside import read_aside, without
from gemsieve.pipeline.workers.heartbeat import Heartbeat
from gemsieve.pipeline.workers.place import Place
from gemsieve.pipeline.write import ShardWriter, schema
from gemsieve.pipeline.write_lines import LinesWriter

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_RECORDS = 1000
BATCH_CHARACTERS = 2_000_000


@dataclass(frozen=True)
class Siever(SignedStep):
    """A job with its filter loaded: sieves one slice after another."""

    @cached_property
    def judge(self) -> Filter:
        """The filter, its models loaded where it is to read every text."""
        judge = self.job.build_filter()
        if self.job.annotations:
            judge.key("corpus")
        else:
            judge.setup("corpus")
        return judge

    @cached_property
    def memory(self) -> Memory | None:
        """What was found in the records before, where the job decides by that."""
        return remember(self.job, self.judge) if self.job.annotations else None

    @cached_property
    def probabilities(self) -> frozenset[str]:
        """The labels whose scores are probabilities."""
        detectors = self.judge.detectors["corpus"]
        return frozenset(label for d in detectors for label in d.labels.probabilities())

    @cached_property
    def mitigator(self) -> Mitigator:
        """What the policy makes of kept records."""
        return Mitigator(self.judge)

    def schema(self, outcome: str) -> pa.Schema:
        """Return the columns of one outcome's shards."""
        policy = self.judge.policy
        return schema(
            outcome,
            self.job.columns,
            policy.mitigation.columns,
            dropped_text=policy.dropped_text,
        )

    @property
    def name(self) -> str:
        """A word for this step."""
        return "sieve"

    def probe(self, piece: Slice, place: Place, first: int, last: int) -> None:
        """Judge these records one by one, but for those set aside, and forget the verdicts."""
        for record in one_by_one(self.job, piece, place, first, last):
            self.judge_batch(piece, [record], Tally())

    def work(self, piece: Slice, place: Place) -> Receipt:
        """Sieve one slice and write its receipt last.

        Raises:
            InputError: The input was changed.
        """
        job, tally, meter, records = self.job, Tally(), Meter(), 0
        _ = self.judge, self.mitigator  # loaded before any record's time begins
        job.drafts.mkdir(parents=True, exist_ok=True)
        name = piece.shard(self.pieces)
        if self.memory is not None:
            self.memory.stored.prove(piece)
        with ExitStack() as stack:
            writers = list(self.writers(name))
            for _, writer in writers:
                stack.enter_context(writer)
            beat = Heartbeat(job.heartbeats, piece, stack.enter_context(timed("read")))
            for batch in watched(batches(records_of(job, piece, meter)), piece, place):
                with stage("decide"):
                    judged = self.judge_batch(piece, batch, tally)
                with stage("write"):
                    for outcome, writer in writers:
                        writer.write(judged[outcome])
                records += len(batch)
                beat.judged([len(r.text) for r in batch if isinstance(r, Record)])
                beat.beat(tally, meter.bytes)
            place.idle()
            refuse_changed(job.work, piece)
            with stage("write"):
                shards = tuple(s for _, w in writers if (s := w.publish()) is not None)
            beat.beat(tally, piece.size, last=True)
        return self.sign(piece, records, shards, tally, meter)

    def writers(self, name: str) -> Iterator[tuple[str, ShardWriter | LinesWriter]]:
        """Yield what writes the rows of each outcome of a slice, by its shards' name."""
        job = self.job
        for outcome in OUTCOMES:
            columns = self.schema(outcome)
            yield outcome, ShardWriter(job.folder, job.drafts, outcome, name, columns)
        if job.jsonl:
            names = self.schema("kept").names
            yield "kept", LinesWriter(job.folder, job.drafts, name, names, job.jsonl)

    def judge_batch(
        self, piece: Slice, batch: Sequence[Record | Broken], tally: Tally
    ) -> dict[str, dict[str, list[Any]]]:
        """Return each outcome's rows, as columns, in the order of the input."""
        records = [record for record in batch if isinstance(record, Record)]
        columns = columns_of(self.job, piece, records)
        texts = Batch([record.text for record in records], columns)
        judged = self.verdicts(records, texts)
        ids = [f"{piece.source}:{record.number}" for record in records]
        changes = iter(self.mitigator.rows(ids, texts, judged, tally))
        verdicts = iter(judged)
        passed = {name: iter(values) for name, values in self.passed(records).items()}
        rows: dict[str, dict[str, list[Any]]] = {
            outcome: {name: [] for name in self.schema(outcome).names} for outcome in OUTCOMES
        }
        sources = iter(columns["source"])
        for record in batch:
            row: dict[str, Any] = {"id": f"{piece.source}:{record.number}"}
            if isinstance(record, Broken):
                outcome, row["source"] = "quarantined", piece.counted_as
                row["reason"] = record.fault
                tally.quarantine(row["source"], record.fault)
            else:
                row["source"] = next(sources)
                row |= {name: next(values) for name, values in passed.items()}
                outcome = self.settle(record, next(verdicts), row, tally)
                row |= next(changes)
            for name, values in rows[outcome].items():
                values.append(row[name])
        return rows

    def verdicts(self, records: Sequence[Record], texts: Batch) -> list[Verdict]:
        """Judge records: by what was found in them before, where the job says so, or by looking."""
        if self.memory is None:
            return self.judge(texts, "corpus")
        return self.judge.recall(texts, self.memory.found(records), "corpus")

    def settle(self, record: Record, verdict: Verdict, row: dict[str, Any], tally: Tally) -> str:
        """Fill in one judged record's row, count it and return its outcome."""
        if verdict.fault is not None:  # nobody could judge it: it is not dropped for being bad
            row["reason"] = verdict.fault
            tally.quarantine(row["source"], verdict.fault)
            return "quarantined"
        tally.add(row["source"], record.text, verdict, self.probabilities)
        row |= {"reasons": verdict.reasons, "findings": verdict.findings, "text": record.text}
        if verdict.action is Action.DROP:
            return "dropped"
        row |= {"text": verdict.redacted, "action": verdict.action.name.lower()}
        return "kept"

    def passed(self, records: Sequence[Record]) -> Mapping[str, list[str | None]]:
        """Return the columns that pass into the kept shards, each value sieved like a text."""
        passed: dict[str, list[str | None]] = {}
        for name in self.job.columns:
            values = [record.columns.get(name) for record in records]
            clean = self.judge.scrub(Batch([value or "" for value in values]), "corpus")
            passed[name] = [
                None if value is None else text for value, text in zip(values, clean, strict=True)
            ]
        return passed


def columns_of(job: Job, piece: Slice, records: Sequence[Record]) -> dict[str, list[str | None]]:
    """Return what detectors and rules may ask of the records beside their texts."""
    sources: list[str | None] = [
        r.columns.get(job.source_field) or piece.counted_as for r in records
    ]
    names = dict.fromkeys(("url", *job.asked))
    return {"source": sources} | {name: [r.columns.get(name) for r in records] for name in names}


def records_of(job: Job, piece: Slice, meter: Meter) -> Iterator[Record | Broken]:
    """Return a slice's records; those that were set aside, as the meter then tells, have faults."""
    meter.aside = read_aside(job.aside, piece.number)
    records = read(piece, job.text_field, job.read_columns, meter)
    return without(records, meter.aside)


def one_by_one(job: Job, piece: Slice, place: Place, first: int, last: int) -> Iterator[Record]:
    """Yield a slice's records between two that can be judged, and mark each while it is out."""
    place.reading(piece.first, first)
    for record in records_of(job, piece, Meter()):
        if record.number > last:
            return
        if record.number >= first and isinstance(record, Record):
            place.judging(record.number, record.number, len(record.text))
            yield record
        place.reading(record.number + 1, record.number + 1)


def batches(records: Iterable[Record | Broken]) -> Iterator[list[Record | Broken]]:
    """Group records so that a batch is worth a call and its memory is bounded."""
    batch: list[Record | Broken] = []
    characters = 0
    for record in records:
        batch.append(record)
        characters += len(record.text) if isinstance(record, Record) else 0
        if len(batch) >= BATCH_RECORDS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def watched(
    many: Iterable[list[Record | Broken]], piece: Slice, place: Place
) -> Iterator[list[Record | Broken]]:
    """Yield batches, and mark which is read, and which is judged while it is out."""
    place.reading(piece.first, piece.first + BATCH_RECORDS - 1)
    for batch in many:
        first, last = batch[0].number, batch[-1].number
        place.judging(first, last, sum(len(r.text) for r in batch if isinstance(r, Record)))
        yield batch
        place.reading(last + 1, last + BATCH_RECORDS)
