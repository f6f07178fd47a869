"""A whole job: plan it, resume what an earlier run left, run the rest, have it finished."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from gemsieve.filters import Filter
from gemsieve.pipeline import manifest
from gemsieve.pipeline.annotate.recall import remember
from gemsieve.pipeline.audit import sums as audit_sums
from gemsieve.pipeline.audit.auditor import Auditor, shares
from gemsieve.pipeline.finish import Digests, finish, inputs
from gemsieve.pipeline.job import Job, Submitted, asked, described, fingerprint, rules_of
from gemsieve.pipeline.leak.check import Checker, digest_of, remaining
from gemsieve.pipeline.leak.planted import read_planted
from gemsieve.pipeline.leak.stock import quotas
from gemsieve.pipeline.manifest import GateError, Manifest
from gemsieve.pipeline.mitigate.weigh import weigh_all
from gemsieve.pipeline.mitigate.weights import Plan
from gemsieve.pipeline.reading.files import configure, reason
from gemsieve.pipeline.reading.limit import limited
from gemsieve.pipeline.reading.slices import Slice, plan
from gemsieve.pipeline.reading.unchanged import note
from gemsieve.pipeline.sieve import Siever
from gemsieve.pipeline.storage import Remote, is_empty, remove_all, write_atomically
from gemsieve.pipeline.tally import Tally
from gemsieve.pipeline.watch.seen import tell
from gemsieve.pipeline.watch.spans import attach, here, span
from gemsieve.pipeline.workers.lock import BusyError, alone
from gemsieve.pipeline.write import schema

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

    Args:
        job: The job.
        patterns: Its inputs; not read where it decides by annotations.
        workers: Processes of a local run.
        flags: Beam's.
        watch: Shows how far the workers are.

    Raises:
        InputError, PolicyError, OutputError, RunnerError: The caller must change something.
        ManifestError: The books do not balance, or the output does not pass a limit of the
            policy's; there is no manifest.
        Submitted: The flags ask not to wait for the end.
    """
    with span("job"):
        with span("plan"):
            ready = prepared(job, patterns, flags)
        attach(job=ready.digest, slices=len(ready.slices))
        with working(ready.job):
            return finish_off(ready, workers, flags, watch)


@contextmanager
def working(job: Job) -> Iterator[None]:
    """Be the only job in an output folder while the body runs.

    Raises:
        OutputError: Another one is at work in it.
    """
    try:
        with alone(job.folder):
            yield
    except BusyError as error:
        raise OutputError(str(error)) from None


def finish_off(ready: Ready, workers: int, flags: Sequence[str], watch: Watch) -> Outcome:
    """Do what is left to do of a job, in a folder that nobody else works in."""
    job, judge, slices, digest = ready.job, ready.judge, ready.slices, ready.digest
    checked = digest_of(job, judge, digest)
    audited = audit_sums.digest_of(judge, digest)
    if (job.folder / manifest.NAME).exists():
        books = finished(job, judge, slices)
        remove_all(job.work)
        return Outcome(books, Tally(), len(slices))
    claim(job, digest, slices)
    weights = [piece.size for piece in slices]
    records = tuple(quotas(weights, judge.policy.leak_check.records))
    sentences = tuple(shares(weights, judge.policy.audit.sentences))
    steps = (
        Siever(job, digest, len(slices)),
        Checker(job, checked, len(slices), records),
        Auditor(job, audited, len(slices), sentences),
    )
    done = [piece for piece in slices if steps[0].done(piece)]
    left = [piece for piece in slices if not all(step.done(piece) for step in steps)]
    for piece in done:
        tell("resumed", piece)
    if left:
        # Beam is imported only when there is work for it: it takes seconds.
        from gemsieve.pipeline.beam_job import TakeSlice, limits_of, run
        from gemsieve.pipeline.runners import waits

        take = TakeSlice(steps, limits_of(job, workers, flags), here())
        with watch(job, slices):
            run({"Judge": take}, left, workers, flags)
        if not waits(flags):
            raise Submitted(
                f"{job.folder}: submitted; when it has ended, run the same command again:"
                " it judges nothing anew, proves the books and writes the manifest"
            )
    if rule := judge.policy.mitigation.weights:
        weigh_all(job, rule, digest, slices, partial(weigh_in_beam, job, workers, flags))
    with span("finish"):
        books, tally = finish(job, judge, Digests(digest, checked, audited), slices)
    return Outcome(books, tally, resumed=len(done))


@dataclass(frozen=True)
class Ready:
    """A job that may begin: its settings, filter, plan and digest; nothing is written yet."""

    job: Job
    judge: Filter
    slices: Sequence[Slice]
    digest: str


def prepared(job: Job, patterns: Sequence[str], flags: Sequence[str]) -> Ready:
    """Return a job that may begin.

    Raises:
        InputError, PolicyError, OutputError, RunnerError: The caller must change something.
    """
    configure([job.output, *patterns], flags)
    refuse_folder(job)
    judge = job.build_filter()
    job = replace(job, key=fingerprint(judge), asked=asked(judge), flags=tuple(flags))
    slices = planned(job, judge, patterns)
    refuse_columns(job, judge)
    if job.planted:
        read_planted(job.planted)
    if flags:
        from gemsieve.pipeline import runners

        runners.check(flags, job.output)
    return Ready(job, judge, slices, job.digest(slices, judge))


def planned(job: Job, judge: Filter, patterns: Sequence[str]) -> list[Slice]:
    """Return the slices of the inputs, or those of the annotations that the job decides by.

    Raises:
        InputError: The inputs cannot be planned.
        ManifestError, PolicyError: The annotations do not serve.
    """
    if job.annotations:
        return remember(job, judge).stored.plan()
    slices = plan(patterns, encoding=job.encoding, by_line=job.by_line)
    return slices if job.limit is None else limited(slices, job.limit, job.text_field)


def weigh_in_beam(
    job: Job, workers: int, flags: Sequence[str], plan: Plan, left: Sequence[Slice]
) -> None:
    """Weigh slices by a plan, in a pipeline of its own: all had to be counted before."""
    from gemsieve.pipeline.beam_job import WeighSlice, run

    run({"Weigh": WeighSlice(job, plan)}, left, workers, flags)


def refuse_folder(job: Job) -> None:
    """Refuse an output that cannot be reached, or whose names Beam would take for patterns.

    Raises:
        OutputError: It is one of these; says why.
    """
    if not isinstance(job.folder, Remote):
        return
    if set("*?[") & set(job.output):
        raise OutputError(f"{job.folder}: a pattern, as it holds *, ? or [; name a folder")
    try:
        job.folder.exists()
    except Exception as error:
        raise OutputError(f"{job.folder}: {reason(error)}") from None


def refuse_columns(job: Job, judge: Filter) -> None:
    """Refuse to pass a column under a name that a column of the job's own has.

    Raises:
        OutputError: It is asked for; names it.
    """
    taken = {*schema("kept").names, *judge.policy.mitigation.columns}
    if clash := sorted(taken.intersection(job.columns)):
        raise OutputError(f"--columns {','.join(clash)}: kept shards have columns of that name")


def claim(job: Job, digest: str, slices: Sequence[Slice]) -> None:
    """Make the output folder this job's own, or find that it is.

    Raises:
        OutputError: It holds something else.
    """
    if not claimed(job, digest):
        write_atomically(job.work / "job.json", json.dumps({"digest": digest}).encode())
    note(job.work, slices)
    if isinstance(job.folder, Path):  # what a killed attempt left half done
        remove_all(job.drafts)
        for draft in job.folder.rglob(".*.tmp"):
            draft.unlink(missing_ok=True)


def claimed(job: Job, digest: str) -> bool:
    """Say whether the output folder is this job's own, or free.

    Raises:
        OutputError: It holds something else.
    """
    mark = job.work / "job.json"
    if mark.exists():
        if digest.encode() not in mark.read_bytes():
            raise OutputError(
                f"{job.folder}: holds an unfinished job with other inputs, policy or settings;"
                " finish that one, or name another folder"
            )
        return True
    if not is_empty(job.folder) and not hardly_begun(job):
        raise OutputError(f"{job.folder}: not empty, and not ours; name a new folder")
    return False


def hardly_begun(job: Job) -> bool:
    """Say whether an attempt was killed in this folder before it had written anything."""
    if not isinstance(job.folder, Path) or not isinstance(job.work, Path):
        return False
    drafts = job.work.glob(".job.json.*")
    return [*job.folder.iterdir()] == [job.work] and {*job.work.iterdir()} == {*drafts}


def finished(job: Job, judge: Filter, slices: Sequence[Slice]) -> Manifest:
    """Return the manifest of a folder that holds this very job, done.

    Raises:
        OutputError: It holds another one.
        GateError: It holds planted values.
    """
    found = manifest.read(job.folder)
    same = (
        found.policy == rules_of(judge)
        and list(found.detectors) == described(judge)
        and found.settings == job.settings
        and sizes(found.inputs) == sizes(inputs(slices, []))
        and found.leak_check["rule"] == judge.policy.leak_check.body()
        and found.audit["rule"] == judge.policy.audit.body()
    )
    if not same:
        raise OutputError(f"{job.folder}: holds a finished job; name another folder")
    if job.planted:
        planted = read_planted(job.planted)
        before = found.leak_check["planted"]
        if before is None or before["values"] != len(planted.values):
            raise OutputError(
                f"{job.folder}: holds a finished job in which other planted values were looked for;"
                " name another folder"
            )
        if lines := remaining(found.places("kept"), planted):
            raise GateError(
                f"{job.folder}: holds a finished job with the planted values of {lines}"
            )
    return found


def sizes(entries: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """Return the inputs' names and bytes."""
    return [(entry["name"], entry["bytes"]) for entry in entries]
