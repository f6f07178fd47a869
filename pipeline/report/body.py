"""`report.json`: the numbers of a report, for machines; `docs/output.md` tells what each key holds.

Labels, source names and counts alone. All but the throughput is the same for the same input,
policy and code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gemsieve.filters import Filter
from gemsieve.pipeline.manifest import Manifest
from gemsieve.pipeline.report.counts import judged, speed, stages_of
from gemsieve.pipeline.report.identity import groups
from gemsieve.pipeline.report.leak import leak_section
from gemsieve.pipeline.report.scores import Histogram, histograms
from gemsieve.pipeline.tally import Tally
from gemsieve.pipeline.workers.heartbeat import Beat

NAME = "report.json"
FORMAT = 2  # grows when a key changes its meaning or goes


@dataclass(frozen=True)
class Clocks:
    """What workers last said of each slice: while sieving, checking and auditing it."""

    sieve: Sequence[Beat] = ()
    check: Sequence[Beat] = ()
    audit: Sequence[Beat] = ()

    @property
    def check_seconds(self) -> float:
        """Seconds of work that the leak check took."""
        return sum(beat.seconds for beat in self.check)

    @property
    def audit_seconds(self) -> float:
        """Seconds of work that the audit took."""
        return sum(beat.seconds for beat in self.audit)

    @property
    def stages(self) -> dict[str, float]:
        """Seconds of work by stage, in the order of a record's way; those that took any."""
        later = {"leak check": self.check_seconds, "audit": self.audit_seconds}
        return {stage: took for stage, took in (stages_of(self.sieve) | later).items() if took}


def by_line(numbers: Mapping[str, Any]) -> str:
    """Return a JSON object with a line for each key, sorted, so that equal ones are equal texts.

    Spread further, a tally of many sources takes many times as long to write.
    """
    lines = (f"{json.dumps(k)}: {json.dumps(numbers[k], sort_keys=True)}" for k in sorted(numbers))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def body(
    books: Manifest, judge: Filter, tally: Tally, clocks: Clocks, audit: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the numbers of the page as a JSON object."""
    overall = removal(tally)
    pace = speed(clocks.sieve)
    leaks = leak_section(books.leak_check)
    return {
        "format": FORMAT,
        "gemsieve": books.code,
        "policy": dict(books.policy),
        "detectors": [dict(detector) for detector in books.detectors],
        "inputs": [dict(entry) for entry in books.inputs],
        "settings": dict(books.settings),
        "counts": dict(books.counts),
        "tally": tally.body(),
        "leak_check": dict(books.leak_check) | {"faults": leaks.faults} if leaks else None,
        "mitigation": dict(books.mitigation) or None,
        "audit": dict(audit),
        "removal_rate": overall,
        "scores": [scores_of(found) for found in histograms(tally, judge)],
        "identity": [
            asdict(g)
            | {"mentioned": g.mentioned, "rate": g.rate, "redaction_rate": g.redaction_rate}
            for g in groups(tally, overall)
        ],
        "throughput": asdict(pace)
        | {
            "records_per_second": pace.per_second(pace.records),
            "characters_per_second": pace.per_second(pace.characters),
            "bytes_per_second": pace.per_second(pace.bytes),
            "stages": clocks.stages,
        },
    }


def scores_of(found: Histogram) -> dict[str, Any]:
    """Return a histogram's counts by bin, with the limits that the policy sets."""
    return {
        "label": found.label,
        "probability": found.probability,
        "kept": list(found.kept),
        "dropped": list(found.dropped),
        "limits": [{"words": one.words, "values": list(one.values)} for one in found.limits],
        "blamed": found.blamed,
    }


def removal(tally: Tally) -> float:
    """Return the share of judged records that was dropped; 0 of none."""
    dropped = tally.by_outcome()["dropped"]
    return dropped / judged(tally) if dropped else 0.0
