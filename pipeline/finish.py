"""Finish a job: reconcile its receipts, hold its output to the policy's limits, sign for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from gemsieve.filters import Filter
from gemsieve.filters.audit.counts import total as total_swaps
from gemsieve.filters.audit.judge import judge_of
from gemsieve.filters.audit.verdict import faults as audit_faults
from gemsieve.filters.audit.verdict import summary
from gemsieve.filters.audit.verdict import told as audit_told
from gemsieve.pipeline import manifest
from gemsieve.pipeline.audit.sums import read_swaps
from gemsieve.pipeline.job import Job, described, rules_of
from gemsieve.pipeline.leak.counts import read_leaks
from gemsieve.pipeline.leak.counts import total as total_leaks
from gemsieve.pipeline.leak.gate import faults, told
from gemsieve.pipeline.leak.planted import read_planted
from gemsieve.pipeline.leak.scope import entities
from gemsieve.pipeline.manifest import GateError, Manifest, ManifestError
from gemsieve.pipeline.mitigate.told import told as told_mitigation
from gemsieve.pipeline.mitigate.weigh import noted, plan_weights
from gemsieve.pipeline.mitigate.weights import Weighed
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.receipt import Receipt, read_receipt, reconcile
from gemsieve.pipeline.report.identity import beside_others
from gemsieve.pipeline.storage import Location, listed, remove_all
from gemsieve.pipeline.tally import Tally, total
from gemsieve.pipeline.workers.heartbeat import read_heartbeats

REFUSED = (
    "{}: the {} refuses the output: {}. The shards stand for you to look at; {} tells where"
    " to look, {} holds the counts, and there is no manifest. {} and name a new folder; or raise"
    " the limit and run the same command, which then sieves nothing again"
)
MENDING = {
    "leak_check": "Let the policy's corpus rules remove more",
    "audit": "Change the rules or detectors that judge groups differently, or the corpus,",
}
REASONS = 3  # told in a message; the page and the file hold all


@dataclass(frozen=True)
class Digests:
    """What the parts of a job bear: its receipts, its leak check and its audit."""

    sieved: str
    checked: str
    audited: str


def finish(
    job: Job, judge: Filter, digests: Digests, slices: Sequence[Slice]
) -> tuple[Manifest, Tally]:
    """Reconcile the receipts, write the report, and last of all the manifest.

    Args:
        job: The job, all of whose slices were sieved, checked and audited.
        judge: Its filter.
        digests: What its receipts and sums bear.
        slices: Its plan.

    Raises:
        ManifestError: The books do not balance; there is no manifest.
        GateError: The output does not pass a limit of the policy's; there is no manifest.
    """
    found = [read_receipt(job.receipts, piece.number, digests.sieved) for piece in slices]
    missing = [piece.number for piece, r in zip(slices, found, strict=True) if r is None]
    if missing:
        raise ManifestError(f"{job.folder}: slices {missing} left no receipt; run the job again")
    receipts = [receipt for receipt in found if receipt is not None]
    tally = total(receipt.tally for receipt in receipts)
    counts = reconcile(receipts, tally, job.folder)
    weighed = weights_of(job, judge, digests.sieved, slices, tally)
    written = [shard for receipt in receipts for shard in receipt.shards]
    written += [one.shard for one in weighed if one.shard is not None]
    shards = sorted(written, key=lambda shard: shard.path)
    sweep(job, {shard.path for shard in shards})
    audit = looked_at(job, judge, digests.audited, slices, tally)
    leak_check = look_back(job, judge, digests.checked, slices, counts["kept"])
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
        mitigation=told_mitigation(judge.policy.mitigation, tally, weighed),
        audit=summary(audit),
        exempt=[
            {"id": f"{receipt.slice.source}:{number}", "reason": fault}
            for receipt in receipts
            for number, fault in receipt.exempt
        ],
    )
    from gemsieve.pipeline.report.body import Clocks
    from gemsieve.pipeline.report.documents import write_documents
    from gemsieve.pipeline.report.report import write_report

    clocks = Clocks(
        *map(read_heartbeats, (job.heartbeats, job.leak_heartbeats, job.audit_heartbeats))
    )
    page = write_report(books, judge, tally, clocks, audit)
    hold(books, {"leak_check": faults(leak_check), "audit": audit_faults(audit)}, page)
    books = replace(books, documents=write_documents(job, books, judge, tally))
    manifest.write(books)
    remove_all(job.work)
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


def looked_at(
    job: Job, judge: Filter, audited: str, slices: Sequence[Slice], tally: Tally
) -> dict[str, Any]:
    """Return what the audit found in all slices together.

    Raises:
        ManifestError: It did not look at every slice.
    """
    parts = [read_swaps(job.audits, piece.number, audited) for piece in slices]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        missing = [piece.number for piece, part in zip(slices, parts, strict=True) if part is None]
        raise ManifestError(f"{job.folder}: slices {missing} were not audited; run the job again")
    return audit_told(total_swaps(found), judge_of(judge, "corpus"), beside_others(tally))


def hold(books: Manifest, gates: Mapping[str, Sequence[str]], page: Location) -> None:
    """Let an output pass for which no gate has a reason against it.

    Raises:
        GateError: One has; `_FAILED.json` is written, under the name of the first.
    """
    failed = {gate: reasons for gate, reasons in gates.items() if reasons}
    if not failed:
        return
    every = [reason for reasons in failed.values() for reason in reasons]
    manifest.write_failed(books, next(iter(failed)), every)
    more = f"; and {len(every) - REASONS:,} more" if len(every) > REASONS else ""
    names = " and the ".join(gate.replace("_", " ") for gate in failed)
    mending = " ".join(MENDING[gate] for gate in failed)
    told = "; ".join(every[:REASONS]) + more
    raise GateError(REFUSED.format(books.folder, names, told, page, manifest.FAILED, mending))


def weights_of(
    job: Job, judge: Filter, digest: str, slices: Sequence[Slice], tally: Tally
) -> list[Weighed]:
    """Return what the kept records of each slice count for; empty where the policy weighs none.

    Raises:
        ManifestError: Those of a slice were not weighed.
    """
    rule = judge.policy.mitigation.weights
    if rule is None:
        return []
    plan = plan_weights(rule, tally, digest, len(slices))
    found = [noted(job, plan, piece) for piece in slices]
    missing = [piece.number for piece, one in zip(slices, found, strict=True) if one is None]
    if missing:
        raise ManifestError(f"{job.folder}: slices {missing} were not weighed; run the job again")
    return [one for one in found if one is not None]


def sweep(job: Job, real: set[str]) -> None:
    """Remove shards that no receipt names: a killed attempt published them and never signed."""
    for part in manifest.PARTS:
        for path in listed(job.folder / part):
            if f"{part}/{path.name}" not in real:
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
