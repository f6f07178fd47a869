"""A step of a job whose work on a slice ends with a receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import Shard
from gemsieve.pipeline.reading.record import Meter
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.receipt import Receipt, counted, forget, is_signed
from gemsieve.pipeline.tally import Tally


@dataclass(frozen=True)
class SignedStep:
    """What such steps have in common; `workers.step.Step` says what a step is.

    Attributes:
        digest: The job's digest, for receipts.
        pieces: How many slices the plan has; part of the shards' names.
    """

    job: Job
    digest: str
    pieces: int

    def done(self, piece: Slice) -> bool:
        """Say whether a slice has a receipt that names what is there."""
        return is_signed(self.job.receipts, piece.number, self.digest, self.job.folder)

    def forget(self, piece: Slice) -> None:
        """Take back a slice's receipt."""
        forget(self.job.receipts, piece.number)

    def counts(self, piece: Slice) -> Mapping[str, int]:
        """Return the records of each outcome, and of those that were not judged each fault."""
        return counted(self.job.receipts, piece.number, self.digest)

    def sign(
        self, piece: Slice, records: int, shards: Sequence[Shard], tally: Tally, meter: Meter
    ) -> Receipt:
        """Write a slice's receipt, which makes its shards real."""
        aside = tuple(sorted(meter.aside.items()))
        receipt = Receipt(self.digest, piece, records, tuple(shards), tally, aside)
        receipt.write(self.job.receipts)
        return receipt
