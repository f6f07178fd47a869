"""Two finished runs side by side: what differs between them, and by more than chance.

Everything comes from manifests and `report.json` files: counts, labels, names of sources. Shares
are compared with Newcombe's interval and the pooled z-test. Both take the runs for independent
samples; of runs over the same records, whose verdicts go together, they claim too little rather
than too much.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gemsieve.pipeline import manifest
from gemsieve.pipeline.compare.moves import Moves
from gemsieve.pipeline.compare.shares import Line, Share, in_order
from gemsieve.pipeline.leak.gate import rate
from gemsieve.pipeline.manifest import Manifest, ManifestError
from gemsieve.pipeline.report.body import FORMAT, NAME
from gemsieve.pipeline.report.counts import OUTCOMES, judged, ranked, summed
from gemsieve.pipeline.report.identity import Group, groups
from gemsieve.pipeline.report.report import FOLDER
from gemsieve.pipeline.storage import Location
from gemsieve.pipeline.tally import Tally, from_body

SOURCES = 50  # compared by name: the largest of both runs
PACE = ("records_per_second", "characters_per_second", "bytes_per_second")
LEAKS = ("proven values", "suspected values")


@dataclass(frozen=True)
class Run:
    """A finished job: its manifest, and the numbers of its report."""

    books: Manifest
    report: Mapping[str, Any]

    @cached_property
    def tally(self) -> Tally:
        """The sums behind the report."""
        return from_body(self.report["tally"])


@dataclass(frozen=True)
class Compared:
    """Two runs and what differs.

    Attributes:
        outcomes: Shares of all records, by outcome.
        reasons: Of the judged records, by label and action.
        sources: Of a source's records, those kept.
        removal: Of the records that mention a group, those dropped.
        moved: Records by outcome in both; None where the runs are not over the same slices.
    """

    first: Run
    second: Run
    outcomes: Sequence[Line]
    reasons: Sequence[Line]
    sources: Sequence[Line]
    removal: Sequence[Line]
    moved: Moves | None = None

    @cached_property
    def differing(self) -> dict[str, list[str]]:
        """What the runs were given that differs, in words; empty lists where nothing does."""
        one, two = self.first.books, self.second.books
        return {
            "inputs": changed(sized(one.inputs), sized(two.inputs)),
            "policy": changed(one.policy, two.policy),
            "detectors": changed(versions(one), versions(two)),
            "settings": changed(one.settings, two.settings),
            "gemsieve": changed({"version": one.code}, {"version": two.code}),
        }

    def body(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "format": 1,
            "runs": {name: told(run) for name, run in zip("ab", self.runs, strict=True)},
            "differing": self.differing,
            "outcomes": [line.body() for line in self.outcomes],
            "reasons": [line.body() for line in self.reasons],
            "sources": [line.body() for line in self.sources],
            "removal": [line.body() for line in self.removal],
            "moved": None
            if self.moved is None
            else [[*pair, n] for pair, n in sorted(self.moved.items())],
            "leaks": {name: list(both) for name, both in self.leaks.items()},
            "throughput": {name: list(both) for name, both in self.pace.items()},
            "stages": {name: list(both) for name, both in self.stages.items()},
        }

    @property
    def runs(self) -> tuple[Run, Run]:
        """Both."""
        return self.first, self.second

    @property
    def leaks(self) -> dict[str, tuple[float, float]]:
        """Values that remain in a million characters of kept text, in both runs."""
        first, second = map(remaining, self.runs)
        return {name: (first[name], second[name]) for name in LEAKS}

    @property
    def pace(self) -> dict[str, tuple[float, float]]:
        """Amounts by second that one worker spent, in both runs."""
        first, second = (run.report["throughput"] for run in self.runs)
        return {name: (first[name], second[name]) for name in PACE}

    @property
    def stages(self) -> dict[str, tuple[float, float]]:
        """Seconds of work for a million characters, by stage, in both runs; 0 where it was none."""
        first, second = map(paces, self.runs)
        return {s: (first.get(s, 0.0), second.get(s, 0.0)) for s in sorted(first | second)}


def read_run(folder: Location) -> Run:
    """Return the finished run in a folder.

    Raises:
        ManifestError: It holds none, or records were taken down since, or its report is missing,
            old, or another run's.
    """
    books = manifest.read(folder)
    path = folder / FOLDER / NAME
    if books.takedowns:  # a report beside it would be of another run
        raise ManifestError(
            f"{folder}: {books.counts[manifest.REMOVED]:,} records were taken down after the job,"
            " and no report counts what is left; compare a job over inputs without them"
        )
    again = "run the job again with this version"
    try:
        report = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        kind = type(error).__name__
        raise ManifestError(f"{path}: cannot be read ({kind}); {again}") from None
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise ManifestError(f"{path}: not a report of format {FORMAT}; {again}")
    if report["counts"] != books.counts or report["policy"] != books.policy:
        raise ManifestError(f"{path}: is not of the run that {manifest.NAME} tells of; {again}")
    return Run(books, report)


def compare(first: Run, second: Run, moved: Moves | None = None) -> Compared:
    """Return what differs between two runs; `moved` is what `moves` tells of them."""
    one, two = first.tally, second.tally
    counts = [run.books.counts for run in (first, second)]
    return Compared(
        first,
        second,
        outcomes=[
            Line((o,), *(Share(count[o], count["in"]) for count in counts))
            for o in manifest.OUTCOMES
        ],
        reasons=in_order(
            lines(summed(one.reasons, 1, 2), summed(two.reasons, 1, 2), judged(one), judged(two))
        ),
        sources=sources(one, two),
        removal=removal(one, two),
        moved=moved,
    )


def lines(
    one: Mapping[tuple[str, ...], int], two: Mapping[tuple[str, ...], int], first: int, second: int
) -> list[Line]:
    """Return a line for each key of counts out of so many records."""
    return [
        Line(key, Share(one.get(key, 0), first), Share(two.get(key, 0), second))
        for key in one.keys() | two.keys()
    ]


def sources(one: Tally, two: Tally) -> list[Line]:
    """Return the kept of each of the largest sources, the largest first."""
    largest = ranked(one.outcomes + two.outcomes)[:SOURCES]
    return [Line((name,), kept(one, name), kept(two, name)) for name, _ in largest]


def kept(tally: Tally, source: str) -> Share:
    """Return how many records of a source were kept, redacted or not."""
    counts = {outcome: tally.outcomes[source, outcome] for outcome in OUTCOMES}
    return Share(counts["kept"] + counts["redacted"], sum(counts.values()))


def removal(one: Tally, two: Tally) -> list[Line]:
    """Return the dropped of each group that both runs saw, those that surely differ first."""
    first, second = ({group.label: group for group in groups(t, 0.0)} for t in (one, two))
    found = [Line((k,), dropped(first[k]), dropped(second[k])) for k in first.keys() & second]
    return in_order(found)


def dropped(group: Group) -> Share:
    """Return how many records that mention a group were dropped."""
    return Share(group.dropped, group.mentioned)


def changed(one: Mapping[str, object], two: Mapping[str, object]) -> list[str]:
    """Return, in words, the keys whose values differ."""
    return [
        f"{key}: {one.get(key, 'none')} in A, {two.get(key, 'none')} in B"
        for key in sorted(one.keys() | two.keys())
        if one.get(key) != two.get(key)
    ]


def sized(inputs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the size of each input, by its name."""
    return {one["name"]: f"{one['records']:,} records, {one['bytes']:,} bytes" for one in inputs}


def versions(books: Manifest) -> dict[str, str]:
    """Return the version of each detector, with the beginning of its weights' digest."""
    return {
        d["name"]: " ".join(filter(None, (d["version"], d.get("sha256", "")[:12])))
        for d in books.detectors
    }


def told(run: Run) -> dict[str, Any]:
    """Return what tells a run from others."""
    books = run.books
    return {
        "manifest": books.digest,
        "gemsieve": books.code,
        "policy": dict(books.policy),
        "counts": dict(books.counts),
    }


def paces(run: Run) -> dict[str, float]:
    """Return the seconds of work that each stage took for a million characters."""
    pace = run.report["throughput"]
    millions = pace["characters"] / 1e6
    return {stage: took / millions for stage, took in pace["stages"].items() if millions}


def remaining(run: Run) -> dict[str, float]:
    """Return the values that remain, in a million characters that were read for them."""
    check = run.books.leak_check
    values = {
        "proven values": (check["proven_values"], check["characters"]),
        "suspected values": (check["suspected_values"], check["sample"]["characters"]),
    }
    return {name: rate(*values[name]) for name in LEAKS}
