"""Finish a job: reconcile its receipts, hold its output to the policy's limits, sign for it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from gemsieve.filters import Filter
from gemsieve.pipeline import manifest
from gemsieve.pipeline.heartbeat import read_heartbeats
from gemsieve.pipeline.job import Job, described, rules_of
from gemsieve.pipeline.leak_counts import read_leaks
from gemsieve.pipeline.leak_counts import total as total_leaks
from gemsieve.pipeline.leak_gate import faults, told
from gemsieve.pipeline.leak_planted import read_planted
from gemsieve.pipeline.leak_scope import entities
from gemsieve.pipeline.manifest import GateError, Manifest, ManifestError
from gemsieve.pipeline.receipt import Receipt, read_receipt, reconcile
from gemsieve.pipeline.slices import Slice
from gemsieve.pipeline.tally import Tally, total

REFUSED = (
    "{}: the leak check refuses the output: {}. The shards stand for you to look at; {} tells where"
    " to look, {} holds the counts, and there is no manifest. Let the policy's corpus rules remove"
    " more and name a new folder; or raise the limit and run the same command, which then sieves"
    " nothing again"
)


def finish(
    job: Job, judge: Filter, digest: str, checked: str, slices: Sequence[Slice]
) -> tuple[Manifest, Tally]:
    """Reconcile the receipts, write the report, and last of all the manifest.

    Args:
        job: The job, all of whose slices were sieved and checked.
        judge: Its filter.
        digest: The job's digest, which its receipts bear.
        checked: That of its leak check.
        slices: Its plan.

    Raises:
        ManifestError: The books do not balance; there is no manifest.
        GateError: More remains in the output than the policy lets pass; there is no manifest.
    """
    found = [read_receipt(job.receipts, piece.number, digest) for piece in slices]
    missing = [piece.number for piece, r in zip(slices, found, strict=True) if r is None]
    if missing:
        raise ManifestError(f"{job.folder}: slices {missing} left no receipt; run the job again")
    receipts = [receipt for receipt in found if receipt is not None]
    tally = total(receipt.tally for receipt in receipts)
    counts = reconcile(receipts, tally, job.folder)
    shards = sorted((s for r in receipts for s in r.shards), key=lambda shard: shard.path)
    sweep(job, {shard.path for shard in shards})
    leak_check = look_back(job, judge, checked, slices, counts["kept"])
    books = Manifest(
        folder=job.folder,
        policy=rules_of(judge),
        detectors=described(judge),
        inputs=inputs(slices, receipts),
        counts=counts,
        shards=shards,
        code=version("gemsieve"),
        settings=job.settings,
        leak_check=leak_check,
    )
    from gemsieve.pipeline.report import Clocks, write_report

    clocks = Clocks(read_heartbeats(job.heartbeats), read_heartbeats(job.leak_heartbeats))
    page = write_report(books, judge, tally, clocks)
    if reasons := faults(leak_check):
        manifest.write_failed(books, "leak_check", reasons)
        raise GateError(REFUSED.format(job.folder, "; ".join(reasons), page, manifest.FAILED))
    manifest.write(books)
    shutil.rmtree(job.work, ignore_errors=True)
    return books, tally


def look_back(
    job: Job, judge: Filter, checked: str, slices: Sequence[Slice], kept: int
) -> dict[str, Any]:
    """Return what the leak check found in all slices together.

    Raises:
        ManifestError: It did not look at every kept record.
    """
    parts = [read_leaks(job.leaks, piece.number, checked) for piece in slices]
    leaks = total_leaks(part for part in parts if part is not None)
    if None in parts or leaks.read["records",] != kept:
        raise ManifestError(
            f"{job.folder}: the leak check read {leaks.read['records',]:,} of {kept:,} kept"
            " records; run the job again"
        )
    planted = read_planted(job.planted) if job.planted else None
    return told(leaks, judge.policy.leak_check, entities(judge), planted)


def sweep(job: Job, real: set[str]) -> None:
    """Remove shards that no receipt names: a killed attempt published them and never signed."""
    for outcome in manifest.OUTCOMES:
        for path in (job.folder / outcome).glob("*"):
            if path.relative_to(job.folder).as_posix() not in real:
                path.unlink()


def inputs(slices: Sequence[Slice], receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    """Return each input's name, bytes on disk and records, in the order of the plan."""
    entries: dict[str, dict[str, Any]] = {}
    records = {r.slice.number: r.records for r in receipts}
    for piece in slices:
        entry = entries.setdefault(piece.source, {"name": piece.source, "bytes": 0, "records": 0})
        entry["bytes"] += piece.size
        entry["records"] += records.get(piece.number, 0)
    return list(entries.values())
