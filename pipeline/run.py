"""A whole job: plan, resume, run, reconcile, report, manifest last."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from gemsieve.filters import Filter
from gemsieve.pipeline import manifest
from gemsieve.pipeline.heartbeat import read_heartbeats
from gemsieve.pipeline.job import Job, described
from gemsieve.pipeline.manifest import Manifest, ManifestError, write_atomically
from gemsieve.pipeline.receipt import Receipt, read_receipt, reconcile, stands
from gemsieve.pipeline.slices import Slice, plan
from gemsieve.pipeline.tally import Tally, total

Watch = Callable[[Job, Sequence[Slice]], AbstractContextManager[object]]


class OutputError(Exception):
    """The output folder cannot take this job; says why and what to do."""


@dataclass(frozen=True)
class Outcome:
    """A finished job.

    Attributes:
        tally: The sums behind the report; empty when the job had been finished before.
        resumed: How many slices an earlier run had finished.
    """

    manifest: Manifest
    tally: Tally
    resumed: int


def run_job(
    job: Job, patterns: Sequence[str], workers: int, flags: Sequence[str], watch: Watch
) -> Outcome:
    """Run a job to its manifest; slices that an earlier run of the same job finished are skipped.

    Raises:
        InputError, PolicyError, OutputError, RunnerError: The caller must change something.
        ManifestError: The books do not balance; there is no manifest.
    """
    slices = plan(patterns)
    judge = job.build_filter()
    judge.policy.ruleset("corpus")
    digest = job.digest(slices, judge)
    if flags:
        from gemsieve.pipeline.beam_job import check

        check(flags)
    if (job.folder / manifest.NAME).exists():
        return Outcome(finished(job, judge, slices), Tally(), len(slices))
    claim(job, digest)
    receipts = [read_receipt(job.receipts, piece.number, digest) for piece in slices]
    done = {r.slice.number for r in receipts if r is not None and stands(r, job.folder)}
    left = [piece for piece in slices if piece.number not in done]
    if left:
        # Beam is imported only when there is work for it: it takes seconds.
        from gemsieve.pipeline.beam_job import SieveSlice, run

        with watch(job, slices):
            run(SieveSlice(job, digest, len(slices)), left, workers, flags)
    return finish(job, judge, digest, slices, resumed=len(done))


def claim(job: Job, digest: str) -> None:
    """Make the output folder this job's own, or find that it is.

    Raises:
        OutputError: It holds something else.
    """
    mark = job.work / "job.json"
    if mark.exists():
        if json.loads(mark.read_bytes()).get("digest") != digest:
            raise OutputError(
                f"{job.folder}: holds an unfinished job with other inputs, policy or settings;"
                " finish that one, or name another folder"
            )
        return
    if job.folder.exists() and any(job.folder.iterdir()):
        raise OutputError(f"{job.folder}: not empty, and not ours; name a new folder")
    write_atomically(mark, json.dumps({"digest": digest}).encode())


def finished(job: Job, judge: Filter, slices: Sequence[Slice]) -> Manifest:
    """Return the manifest of a folder that holds this very job, done.

    Raises:
        OutputError: It holds another one.
    """
    found = manifest.read(job.folder)
    same = (
        found.policy["sha256"] == judge.policy.sha256
        and list(found.detectors) == described(judge)
        and found.settings == job.settings
        and sizes(found.inputs) == sizes(inputs(slices, []))
    )
    if not same:
        raise OutputError(f"{job.folder}: holds a finished job; name another folder")
    shutil.rmtree(job.work, ignore_errors=True)
    return found


def sizes(entries: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """Return the inputs' names and bytes."""
    return [(entry["name"], entry["bytes"]) for entry in entries]


def inputs(slices: Sequence[Slice], receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    """Return each input's name, bytes on disk and records, in the order of the plan."""
    entries: dict[str, dict[str, Any]] = {}
    records = {r.slice.number: r.records for r in receipts}
    for piece in slices:
        entry = entries.setdefault(piece.source, {"name": piece.source, "bytes": 0, "records": 0})
        entry["bytes"] += piece.size
        entry["records"] += records.get(piece.number, 0)
    return list(entries.values())


def finish(
    job: Job, judge: Filter, digest: str, slices: Sequence[Slice], *, resumed: int
) -> Outcome:
    """Reconcile the receipts, write the report, and last of all the manifest."""
    found = [read_receipt(job.receipts, piece.number, digest) for piece in slices]
    missing = [piece.number for piece, r in zip(slices, found, strict=True) if r is None]
    if missing:
        raise ManifestError(f"{job.folder}: slices {missing} left no receipt; run the job again")
    receipts = [receipt for receipt in found if receipt is not None]
    tally = total(receipt.tally for receipt in receipts)
    counts = reconcile(receipts, tally, job.folder)
    shards = sorted((s for r in receipts for s in r.shards), key=lambda shard: shard.path)
    sweep(job, {shard.path for shard in shards})
    books = Manifest(
        folder=job.folder,
        policy={"name": judge.policy.name, "sha256": judge.policy.sha256},
        detectors=described(judge),
        inputs=inputs(slices, receipts),
        counts=counts,
        shards=shards,
        code=version("gemsieve"),
        settings=job.settings,
    )
    from gemsieve.pipeline.report import write_report

    write_report(books, judge, tally, read_heartbeats(job.heartbeats))
    manifest.write(books)
    shutil.rmtree(job.work, ignore_errors=True)
    return Outcome(books, tally, resumed)


def sweep(job: Job, real: set[str]) -> None:
    """Remove shards that no receipt names: a killed attempt published them and never signed."""
    for outcome in manifest.OUTCOMES:
        for path in (job.folder / outcome).glob("*"):
            if path.relative_to(job.folder).as_posix() not in real:
                path.unlink()
