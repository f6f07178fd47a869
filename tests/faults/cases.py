"""The table of faults: what befalls a job, and where it is then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

# Where a job can be, in its order: the process, and the call that begins it there.
STAGES: dict[str, tuple[str, str, int]] = {
    "plan": ("job", "gemsieve.pipeline.reading.slices:plan", 1),
    "claim": ("job", "gemsieve.pipeline.run:claim", 1),
    "start": ("job", "gemsieve.pipeline.beam_job:run", 1),
    "load": ("child", "gemsieve.pipeline.job:Job.build_filter", 1),
    "read": ("child", "gemsieve.pipeline.reading.record:checked", 40),
    "detect": ("child", "gemsieve.filters.detect:detect", 2),
    "decide": ("child", "gemsieve.pipeline.sieve:Siever.settle", 40),
    "write": ("child", "gemsieve.pipeline.write:ShardWriter.write", 4),
    "publish": ("child", "gemsieve.pipeline.write:ShardWriter.publish", 5),
    "receipt": ("child", "gemsieve.pipeline.receipt:Receipt.write", 2),
    "check": ("child", "gemsieve.pipeline.leak.record:RecordCheck.check", 30),
    "checked": ("child", "gemsieve.pipeline.leak.counts:write_leaks", 2),
    "audit": ("child", "gemsieve.filters.audit.pairs:compare", 2),
    "audited": ("child", "gemsieve.pipeline.audit.sums:write_swaps", 2),
    "weigh": ("job", "gemsieve.pipeline.mitigate.weights:weigh", 2),
    "weighed": ("job", "gemsieve.pipeline.mitigate.weights:write_weighed", 2),
    "finish": ("job", "gemsieve.pipeline.finish:finish", 1),
    "reconcile": ("job", "gemsieve.pipeline.receipt:reconcile", 1),
    "sweep": ("job", "gemsieve.pipeline.finish:sweep", 1),
    "report": ("job", "gemsieve.pipeline.report.report:write_report", 1),
    "gates": ("job", "gemsieve.pipeline.finish:hold", 1),
    "manifest": ("job", "gemsieve.pipeline.manifest:write", 1),
    "cleanup": ("job", "gemsieve.pipeline.finish:remove_all", 2),
}
WHOLE = {"audit", "audited", "weigh", "weighed"}  # these take the policy that asks for them
JUDGING = ("detect", "decide", "check", "audit")  # while a child has a time to keep
CHILD = [name for name, (where, *_) in STAGES.items() if where == "child"]
JOB = [name for name, (where, *_) in STAGES.items() if where == "job"]
WRITING = ["claim", "write", "publish", "receipt", "checked", "audited", "weighed"]
WRITING += ["report", "gates", "manifest"]

CHANGES = {"changed": "alter", "grown": "grow", "cut": "cut", "lost": "remove"}
SYNCED = ("claim", "publish", "receipt", "checked", "audited", "weighed", "report", "manifest")

# How the disturbed command may end.
DONE, FAILED, KILLED = "done", "failed", "killed"


@dataclass(frozen=True)
class Case:
    """One fault at one stage.

    Attributes:
        ends: How the disturbed command may end.
        changes: What it does to an input, which is put right before the job is run again.
        words: What one record of the inputs says, for faults that a text sets off.
        exempt: The reason under which that record has to be set aside.
        settings: Names in modules, and what they are set to.
        says: A word that the message has to hold.
        sample: It runs in `make check`.
    """

    kind: str
    stage: str
    fault: dict[str, Any] | None
    ends: tuple[str, ...]
    changes: str = ""
    words: str = ""
    exempt: str = ""
    settings: Sequence[tuple[str, str, object]] = field(default=())
    says: str = ""
    sample: bool = False

    @property
    def name(self) -> str:
        """What it is called in reports."""
        return f"{self.kind}-{self.stage}"

    @property
    def policy(self) -> str:
        """The policy that it runs under."""
        return "whole" if self.stage in WHOLE else "plain"


SAMPLE = {
    *("killed-manifest", "killed-weigh", "killed child-write", "killed with a child-publish"),
    *("disk full-receipt", "forbidden-report", "another job-report", "changed input-decide"),
    *("text that hangs-detect", "text that crashes-check", "damaged receipts-finish"),
}


def at(stage: str, do: str, **more: object) -> dict[str, Any]:
    """Return a fault at a stage."""
    where, function, call = STAGES[stage]
    return {"in": where, "at": function, "call": call, "do": do, **more}


def grid() -> Iterator[Case]:
    """Yield each kind of fault at each stage that it can meet."""
    for stage in JOB:
        late = stage == "cleanup"  # the manifest stands: nothing is lost any more
        yield Case("killed", stage, at(stage, "kill"), (KILLED,))
        if stage in {"claim", "weigh", "report", "manifest"}:
            yield Case("interrupted", stage, at(stage, "interrupt"), (KILLED,))
            yield Case("terminated", stage, at(stage, "terminate"), (KILLED,))
        ends = (DONE,) if late else (DONE, FAILED)
        if stage not in {"plan", "claim"}:
            yield Case("another job", stage, at(stage, "another"), (DONE,))
            yield Case("changed input", stage, at(stage, "alter"), ends, changes="b.jsonl")
            yield Case("lost input", stage, at(stage, "remove"), ends, changes="b.jsonl")
        yield Case("forbidden", stage, at(stage, "deny"), ends)
        yield Case("disk full", stage, at(stage, "full"), ends)
    for stage in CHILD:
        yield Case("killed child", stage, at(stage, "kill"), (DONE,))
        yield Case("crashed child", stage, at(stage, "crash"), (DONE,))
        yield Case("bloated child", stage, at(stage, "bloat"), (DONE,))
        yield Case("killed with a child", stage, at(stage, "orphan"), (KILLED,))
        yield Case("unforeseen", stage, at(stage, "fail"), (FAILED, DONE))
        yield Case("disk full", stage, at(stage, "full"), (FAILED, DONE))
        yield Case("forbidden", stage, at(stage, "deny"), (FAILED, DONE))
        if stage in {"load", "decide", "receipt", "audit"}:
            for kind, do in CHANGES.items():
                changes = "b.jsonl"
                yield Case(f"{kind} input", stage, at(stage, do), (DONE, FAILED), changes=changes)
        if stage in JUDGING:
            yield Case("hung child", stage, at(stage, "hang"), (DONE,))
            yield Case("stopped child", stage, at(stage, "stop"), (DONE,))
            yield Case("interrupted with a child", stage, at(stage, "call_off"), (KILLED,))
    for stage in SYNCED:
        ends = (KILLED,) if STAGES[stage][0] == "job" else (DONE,)
        yield Case("killed half way", stage, at(stage, "half_way"), ends)
    for stage in JUDGING:
        yield Case("child killed twice", stage, at(stage, "kill", times=2), (DONE,))
    for stage in WRITING:
        yield Case("small disk", stage, at(stage, "fill"), (FAILED, DONE))


def texts() -> Iterator[Case]:
    """Yield faults that one text sets off, again and again."""
    reasons = {
        "hang": "timed_out",
        "spin": "timed_out",
        "crash": "crashed",
        "leave": "crashed",
        "bloat": "out_of_memory",
    }
    for do, reason in reasons.items():
        kind = f"text that {do}s" if do != "crash" else "text that crashes"
        yield Case(kind, "detect", None, (DONE,), words=do.upper(), exempt=reason)
        for stage in ("check", "audit"):
            fault = at(stage, do, word="QUILLWORT")
            yield Case(kind, stage, fault, (DONE,), words="QUILLWORT", exempt=reason)


def rest() -> Iterator[Case]:
    """Yield what happens to a job's own files, and to a machine."""
    notes = {"receipts": "receipts", "leaks": "leaks", "audits": "audits", "weights": "weighed"}
    for kind, folder in notes.items():
        stage = "weighed" if kind == "weights" else "finish"
        for do, what in (("spoil", "damaged"), ("wipe", "lost")):
            fault = at(stage, do, argument=f"_work/{folder}/*.json")
            yield Case(f"{what} {kind}", stage, fault, (KILLED,))
    for outcome in ("kept", "dropped", "quarantined"):
        for do, what in (("spoil", "damaged"), ("wipe", "lost")):
            fault = at("finish", do, argument=f"{outcome}/*.parquet")
            yield Case(f"{what} {outcome}", "finish", fault, (KILLED,))
    error = "error.poison"  # no exemption: it comes out like this anywhere
    yield Case("text that fails", "detect", None, (DONE,), words="FAIL", exempt=error)
    nowhere = (("sys", "executable", "/nowhere/python"),)
    yield Case("no child", "load", None, (FAILED,), settings=nowhere, says="/nowhere/python")
    always = {
        "in": "child",
        "at": "gemsieve.pipeline.sieve:Siever.work",
        "do": "leave",
        "word": "Siever",
    }
    yield Case("no child lives", "load", always, (FAILED,), says="3 times")
    bound = (("gemsieve.pipeline.workers.step", "MOST_ASIDE", 0),)
    says = "mend the detector"
    yield Case(
        "too many texts", "detect", None, (FAILED,), words="LEAVE", settings=bound, says=says
    )
    unread = {"in": "child", "at": "gemsieve.pipeline.reading.record:checked", "do": "leave"}
    unread["word"] = "QUILLWORT"
    says = "while it was read"
    yield Case("text that crashes", "read", unread, (FAILED,), words="QUILLWORT", says=says)


CASES = [*grid(), *texts(), *rest()]
