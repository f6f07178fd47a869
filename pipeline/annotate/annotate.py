"""Annotate one slice: every record with all that detectors find in it; nothing is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gemsieve.filters import Batch, Filter
from gemsieve.filters.detect import detect
from gemsieve.pipeline.annotate.annotations import FOLDER
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.reading.unchanged import refuse_changed
from gemsieve.pipeline.receipt import Receipt
from gemsieve.pipeline.sieve import batches, columns_of, one_by_one, records_of, watched
from gemsieve.pipeline.signed_step import SignedStep
from gemsieve.pipeline.tally import Tally
from gemsieve.pipeline.workers.heartbeat import Heartbeat
from gemsieve.pipeline.workers.place import Place
from gemsieve.pipeline.write import ShardWriter, findings_type

if TYPE_CHECKING:
    import pyarrow as pa

ANNOTATED = "annotated"  # what the tally counts records as; unreadable ones are in its quarantine


def schema(columns: Sequence[str]) -> pa.Schema:
    """Return the columns of the shards; what else was read of the records is a struct of its own.

    Args:
        columns: The names of those, which may be any.
    """
    import pyarrow as pa

    fields = [(name, pa.string()) for name in ("id", "source", "text", "fault")]
    if columns:
        fields.append(("columns", pa.struct([(name, pa.string()) for name in columns])))
    return pa.schema([*fields, ("findings", findings_type())])


@dataclass(frozen=True)
class Annotator(SignedStep):
    """A job with its detectors loaded: looks at one slice after another."""

    @cached_property
    def judge(self) -> Filter:
        """The filter, of which only the detectors are asked, their models loaded."""
        judge = self.job.build_filter()
        for detector in judge.detectors["corpus"]:
            detector.setup()
        return judge

    @property
    def name(self) -> str:
        """A word for this step."""
        return "annotation"

    def probe(self, piece: Slice, place: Place, first: int, last: int) -> None:
        """Look at these records one by one, but for those set aside, and forget what is found."""
        for record in one_by_one(self.job, piece, place, first, last):
            self.rows(piece, [record], Tally())

    def work(self, piece: Slice, place: Place) -> Receipt:
        """Annotate one slice and write its receipt last.

        Raises:
            InputError: The input was changed.
        """
        job, tally, meter, records = self.job, Tally(), Meter(), 0
        _ = self.judge  # loaded before any record's time begins
        job.drafts.mkdir(parents=True, exist_ok=True)
        name, columns = piece.shard(self.pieces), schema(job.read_columns)
        with ShardWriter(job.folder, job.drafts, FOLDER, name, columns) as writer:
            beat = Heartbeat(job.heartbeats, piece)
            for batch in watched(batches(records_of(job, piece, meter)), piece, place):
                writer.write(self.rows(piece, batch, tally))
                records += len(batch)
                beat.beat(tally, meter.bytes)
            place.idle()
            refuse_changed(job.work, piece)
            shard = writer.publish()
        beat.beat(tally, piece.size, last=True)
        return self.sign(piece, records, (shard,) if shard else (), tally, meter)

    def rows(
        self, piece: Slice, batch: Sequence[Record | Broken], tally: Tally
    ) -> dict[str, list[Any]]:
        """Return a batch's rows, as columns, in the order of the input."""
        records = [record for record in batch if isinstance(record, Record)]
        columns = columns_of(self.job, piece, records)
        texts = Batch([record.text for record in records], columns)
        found = iter(detect(self.judge.detectors["corpus"], texts)[0])
        sources = iter(columns["source"])
        rows: dict[str, list[Any]] = {name: [] for name in schema(self.job.read_columns).names}
        for record in batch:
            row: dict[str, Any] = {"id": f"{piece.source}:{record.number}"}
            if isinstance(record, Broken):
                row |= {"source": piece.counted_as, "text": None, "fault": record.fault}
                row |= {"columns": None, "findings": ()}
                tally.quarantine(piece.counted_as, record.fault)
            else:
                row |= {"source": next(sources), "text": record.text, "fault": None}
                row |= {"columns": record.columns, "findings": next(found)}
                tally.outcomes[row["source"], ANNOTATED] += 1
                tally.characters[ANNOTATED,] += len(record.text)
            for name, values in rows.items():
                values.append(row[name])
        return rows
