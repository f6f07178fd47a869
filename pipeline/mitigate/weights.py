"""Beside each shard of kept records, what they count for: it takes the counts of all slices.

Kept shards are not written again. `weights/NAME` has a row for each row of `kept/NAME`, in order.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gemsieve.filters.mitigation import Weighting
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import WEIGHTS, Shard
from gemsieve.pipeline.mitigate.draw import draw
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.storage import Location, readable, write_atomically
from gemsieve.pipeline.write import ShardWriter

if TYPE_CHECKING:
    import pyarrow as pa

Groups = tuple[str, ...]

BATCH_ROWS = 10_000


@dataclass(frozen=True)
class Plan:
    """What the records of a whole job count for.

    Attributes:
        rule: What the policy asks for.
        job: The digest of the job whose counts these are.
        pieces: How many slices it has; part of the shards' names.
        weights: By the targeted groups that a record mentions, sorted.
    """

    rule: Weighting
    job: str
    pieces: int
    weights: Mapping[Groups, float]

    @cached_property
    def digest(self) -> str:
        """The digest (hex) of all that decides a row's weight."""
        table = sorted([list(groups), weight] for groups, weight in self.weights.items())
        said = json.dumps([self.job, self.rule.body(), table])
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True)
class Weighed:
    """What became of one slice's kept records.

    Attributes:
        shard: The file that says so; None where the slice kept nothing.
        copies: (copies, *targeted groups) -> records, where records are resampled.
    """

    shard: Shard | None
    copies: Counter[tuple[str, ...]]


def targeted(rule: Weighting, groups: Iterable[str]) -> Groups:
    """Return those of a record's groups that have a target, sorted."""
    return tuple(sorted(rule.labels.intersection(groups)))


def copies_of(weight: float, seed: int, record: str) -> int:
    """Return how often a record is read: its weight, rounded up or down.

    Which of both, a draw decides, with odds that make the mean over seeds the weight itself.
    """
    return math.floor(weight + draw("copies", seed, record))


def weigh(job: Job, plan: Plan, piece: Slice) -> Weighed:
    """Write what one slice's kept records count for, and a note of it last."""
    name = piece.shard(plan.pieces)
    kept = job.folder / "kept" / name
    copies: Counter[tuple[str, ...]] = Counter()
    job.drafts.mkdir(parents=True, exist_ok=True)
    with ShardWriter(job.folder, job.drafts, WEIGHTS, name, schema(plan.rule)) as writer:
        for ids, groups in rows(kept) if kept.exists() else ():
            mine = [targeted(plan.rule, labels) for labels in groups]
            weights = [plan.weights[labels] for labels in mine]
            drawn = [
                copies_of(weight, plan.rule.seed, record)
                for weight, record in zip(weights, ids, strict=True)
            ]
            writer.write({"id": ids, "weight": weights, "copies": drawn})
            if plan.rule.method == "resample":
                copies.update((str(n), *labels) for n, labels in zip(drawn, mine, strict=True))
        shard = writer.publish()
    weighed = Weighed(shard, copies)
    write_weighed(job.weighed, piece.number, plan.digest, weighed)
    return weighed


def schema(rule: Weighting) -> pa.Schema:
    """Return the columns of the files of weights."""
    import pyarrow as pa

    fields = [("id", pa.string()), ("weight", pa.float64())]
    return pa.schema(fields + ([("copies", pa.int32())] if rule.method == "resample" else []))


def rows(path: Location) -> Iterator[tuple[list[str], list[Sequence[str]]]]:
    """Yield ids and groups of a shard's records, in order."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(readable(path)) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=["id", "groups"]):
            yield batch.column("id").to_pylist(), batch.column("groups").to_pylist()


def write_weighed(folder: Location, number: int, digest: str, weighed: Weighed) -> None:
    """Note, whole or not at all, that a slice's records were weighed."""
    body = {
        "weights": digest,
        "shard": asdict(weighed.shard) if weighed.shard else None,
        "copies": [[*key, n] for key, n in sorted(weighed.copies.items())],
    }
    write_atomically(folder / f"{number:05d}.json", json.dumps(body).encode())


def read_weighed(folder: Location, number: int, digest: str) -> Weighed | None:
    """Return what was noted of a slice under these weights, or None."""
    try:
        body: dict[str, Any] = json.loads((folder / f"{number:05d}.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if body["weights"] != digest:
        return None
    shard = Shard(**body["shard"]) if body["shard"] else None
    return Weighed(shard, Counter({tuple(key): n for *key, n in body["copies"]}))
