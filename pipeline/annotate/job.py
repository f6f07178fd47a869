"""A whole annotation: plan it, resume what an earlier run left, run the rest, sign for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from gemsieve.filters import Filter
from gemsieve.pipeline.annotate.annotate import Annotator
from gemsieve.pipeline.annotate.annotations import FOLDER, NAME, OWN, Annotations, read_annotations
from gemsieve.pipeline.annotate.looked import digest as digest_of
from gemsieve.pipeline.annotate.looked import looking
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import ManifestError, Shard
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.receipt import Receipt, read_receipt
from gemsieve.pipeline.run import OutputError, Ready, Watch, claim, prepared, working
from gemsieve.pipeline.storage import listed, readable, remove_all


def run_annotate(
    job: Job, patterns: Sequence[str], workers: int, flags: Sequence[str], watch: Watch
) -> Annotations:
    """Run an annotation to its end; slices that an earlier run of it finished are skipped.

    Raises:
        InputError, PolicyError, OutputError, RunnerError: The caller must change something.
        ManifestError: The books do not balance.
    """
    ready = prepared(job, patterns, flags)
    with working(ready.job):
        return annotate_rest(ready, workers, flags, watch)


def annotate_rest(ready: Ready, workers: int, flags: Sequence[str], watch: Watch) -> Annotations:
    """Do what is left to do of an annotation, in a folder that nobody else works in."""
    job, judge, slices = ready.job, ready.judge, ready.slices
    if (job.folder / NAME).exists():
        return finished(job, judge, slices)
    digest = digest_of(said(job, judge, slices))
    claim(job, digest, slices)
    step = Annotator(job, digest, len(slices))
    if left := [piece for piece in slices if not step.done(piece)]:
        from gemsieve.pipeline.beam_job import TakeSlice, limits_of, run

        with watch(job, slices):
            limits = limits_of(job, workers, flags)
            run({"Annotate": TakeSlice((step,), limits)}, left, workers, flags)
    found = signed(job, judge, slices, digest)
    found.write()
    remove_all(job.work)
    return found


def said(job: Job, judge: Filter, slices: Sequence[Slice]) -> dict[str, Any]:
    """Return all that decides the bytes of the shards: detectors and inputs, and no rule."""
    return {
        "code": version("gemsieve"),
        "detectors": [one.digest for one in looking(judge)],
        "settings": settings(job),
        "slices": [asdict(piece) for piece in slices],
    }


def settings(job: Job) -> dict[str, Any]:
    """Return what the job was told, and the columns that its shards hold."""
    return job.settings | {"stored": list(job.read_columns)}


def finished(job: Job, judge: Filter, slices: Sequence[Slice]) -> Annotations:
    """Return the annotations of a folder that holds these very ones.

    Raises:
        OutputError: It holds others.
    """
    found = read_annotations(job.folder)
    pieces = [{**entry} for entry in found.slices]
    for entry in pieces:
        entry.pop("records")
    same = (
        found.detectors == looking(judge)
        and found.settings == settings(job)
        and pieces == [described(piece) for piece in slices]
    )
    if not same:
        raise OutputError(f"{job.folder}: holds a finished annotation; name another folder")
    return found


def described(piece: Slice) -> dict[str, Any]:
    """Return what is told of a slice: what it was of its input, and not where that lay."""
    return {name: value for name, value in asdict(piece).items() if name not in OWN}


def signed(job: Job, judge: Filter, slices: Sequence[Slice], digest: str) -> Annotations:
    """Reconcile the receipts and return what they add up to.

    Raises:
        ManifestError: They do not add up; names the slice or the shard.
    """
    found = [read_receipt(job.receipts, piece.number, digest) for piece in slices]
    receipts = [receipt for receipt in found if receipt is not None]
    if len(receipts) < len(found):
        missing = [piece.number for piece, r in zip(slices, found, strict=True) if r is None]
        raise ManifestError(f"{job.folder}: slices {missing} left no receipt; run the job again")
    shards = sorted((s for r in receipts for s in r.shards), key=lambda shard: shard.path)
    counts = reconciled(job, receipts)
    sweep(job, shards)
    return Annotations(
        folder=job.folder,
        policy={"name": judge.policy.name, "sha256": judge.policy.sha256},
        detectors=looking(judge),
        settings=settings(job),
        slices=[described(r.slice) | {"records": r.records} for r in receipts],
        counts=counts,
        shards=shards,
        code=version("gemsieve"),
    )


def reconciled(job: Job, receipts: Sequence[Receipt]) -> dict[str, int]:
    """Prove that what was read is what the shards hold, slice by slice, and return the counts."""
    import pyarrow.parquet as pq

    read = unreadable = 0
    for receipt in receipts:
        outcomes = receipt.tally.by_outcome()
        held = sum(pq.read_metadata(readable(job.folder / s.path)).num_rows for s in receipt.shards)
        if not receipt.records == held == outcomes.total():
            raise ManifestError(
                f"{job.folder}: slice {receipt.slice.number} had {receipt.records} records, its"
                f" shard holds {held}; run the job again in a new folder"
            )
        read += held
        unreadable += outcomes["quarantined"]
    return {"in": read, "annotated": read - unreadable, "unreadable": unreadable}


def sweep(job: Job, shards: Sequence[Shard]) -> None:
    """Remove shards that no receipt names: a killed attempt published them and never signed."""
    real = {shard.path for shard in shards}
    for place in listed(job.folder / FOLDER):
        if f"{FOLDER}/{place.name}" not in real:
            place.unlink()
