"""A slice's receipt: written last, it makes the slice's shards real; a job is its receipts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gemsieve.pipeline.manifest import OUTCOMES, ManifestError, Shard, balance
from gemsieve.pipeline.reading.record import Fault
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.storage import Location, readable, size_at, write_atomically
from gemsieve.pipeline.tally import Tally, from_body


@dataclass(frozen=True)
class Receipt:
    """What became of one slice.

    Attributes:
        job: Digest of the job's settings and plan; another job's receipts do not count.
        records: Records read; the last one's number is `slice.first + records - 1`.
        exempt: Number and fault of those that were set aside, on this machine, in these limits.
    """

    job: str
    slice: Slice
    records: int
    shards: tuple[Shard, ...]
    tally: Tally
    exempt: tuple[tuple[int, Fault], ...] = ()

    def write(self, folder: Location) -> None:
        """Write the receipt whole or not at all."""
        body = {
            "job": self.job,
            "slice": asdict(self.slice),
            "records": self.records,
            "shards": [asdict(shard) for shard in self.shards],
            "tally": self.tally.body(),
            "exempt": [list(pair) for pair in self.exempt],
        }
        write_atomically(place(folder, self.slice.number), json.dumps(body).encode())


def place(folder: Location, number: int) -> Location:
    """Return where a slice's receipt stands."""
    return folder / f"{number:05d}.json"


def read_receipt(folder: Location, number: int, job: str) -> Receipt | None:
    """Return a slice's receipt, or None when there is none of this job."""
    try:
        body: dict[str, Any] = json.loads(place(folder, number).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if body["job"] != job:
        return None
    return Receipt(
        job,
        Slice(**body["slice"]),
        body["records"],
        tuple(Shard(**shard) for shard in body["shards"]),
        from_body(body["tally"]),
        tuple((number, fault) for number, fault in body["exempt"]),
    )


def forget(folder: Location, number: int) -> None:
    """Remove what a step noted of a slice, if it did."""
    place(folder, number).unlink(missing_ok=True)


def is_signed(folder: Location, number: int, job: str, output: Location) -> bool:
    """Say whether a slice has a receipt of this job, which names what is there."""
    receipt = read_receipt(folder, number, job)
    return receipt is not None and stands(receipt, output)


def counted(folder: Location, number: int, job: str) -> dict[str, int]:
    """Return what a slice's receipt counts: each outcome, and in quarantine each fault."""
    receipt = read_receipt(folder, number, job)
    return receipt.tally.by_outcome() | receipt.tally.by_fault() if receipt else {}


def stands(receipt: Receipt, output: Location) -> bool:
    """Say whether the shards that a receipt names are there, with their sizes."""
    return all(size_at(output / shard.path) == shard.bytes for shard in receipt.shards)


def rows_of(shard: Location) -> int | None:
    """Return the rows that a shard's footer tells of; None where it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(readable(shard)).num_rows)
    except (pa.ArrowException, OSError):
        return None


def reconcile(receipts: Sequence[Receipt], tally: Tally, output: Location) -> dict[str, int]:
    """Prove the books from three sides and return the counts.

    What the readers counted, what the Parquet footers hold and how the records of a file are
    numbered must agree; `tally` is the receipts' sum.

    Raises:
        ManifestError: They do not; names the slice or the shard.
    """
    following: dict[str, int] = {}
    for receipt in receipts:
        piece = receipt.slice
        if following.get(piece.source, piece.first) != piece.first:
            raise ManifestError(
                f"{piece.source}: records before {piece.first} do not add up; was it changed"
                " during the job?"
            )
        following[piece.source] = piece.first + receipt.records
        for shard in receipt.shards:
            footed = shard.path.endswith(".parquet")  # JSON lines have no footer
            if footed and rows_of(output / shard.path) != shard.records:
                raise ManifestError(
                    f"{output / shard.path}: does not hold its {shard.records} rows"
                )
    shards = [shard for receipt in receipts for shard in receipt.shards]
    counts = {"in": sum(receipt.records for receipt in receipts)}
    outcomes = tally.by_outcome()
    counts |= {outcome: outcomes[outcome] for outcome in OUTCOMES}
    counts["kept"] += outcomes["redacted"]
    if fault := balance(counts, shards):
        raise ManifestError(f"{output}: the books do not balance: {fault}")
    return counts
