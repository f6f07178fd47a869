"""What another policy would change, by annotations: counts of records, and ids where asked for.

Decisions are those of a first look: what only a text that was written over shows is not known here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gemsieve.filters import Action, Batch
from gemsieve.filters.filter import UNJUDGED
from gemsieve.filters.policy import Decision
from gemsieve.pipeline.annotate.annotations import Annotations, read_annotations
from gemsieve.pipeline.annotate.loud import Decider, Table, table_of
from gemsieve.pipeline.annotate.recall import deciding, remember
from gemsieve.pipeline.job import Job, asked
from gemsieve.pipeline.storage import location, readable

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 4096
GROUPS = "identity."
OUTCOMES = ("kept", "redacted", "dropped", "quarantined")
OF_ACTION = {Action.KEEP: "kept", Action.REDACT: "redacted", Action.DROP: "dropped"}

Pair = tuple[str, str]  # the outcome under the first policy, and under the second


@dataclass(frozen=True)
class Example:
    """A record whose outcome differs."""

    id: str
    text: str
    reasons: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass
class Diff:
    """What differs between two policies.

    Attributes:
        outcomes: Records by their two outcomes.
        labels: (label, "first" or "second") -> records for which it is a reason under one alone;
            (label, "both") under both.
        sources, groups: By source, and by identity group mentioned, as `outcomes`.
        examples: Some of the records that differ, by their two outcomes.
        characters: Of text decided upon.
    """

    outcomes: Counter[Pair] = field(default_factory=Counter)
    labels: Counter[tuple[str, str]] = field(default_factory=Counter)
    sources: dict[str, Counter[Pair]] = field(default_factory=lambda: defaultdict(Counter))
    groups: dict[str, Counter[Pair]] = field(default_factory=lambda: defaultdict(Counter))
    examples: dict[Pair, list[Example]] = field(default_factory=lambda: defaultdict(list))
    characters: int = 0

    def body(self) -> dict[str, Any]:
        """Return a JSON object, in which examples are ids alone."""
        return {
            "records": self.outcomes.total(),
            "changed": sum(n for (one, two), n in self.outcomes.items() if one != two),
            "outcomes": told(self.outcomes),
            "labels": {
                label: {side: self.labels[label, side] for side in ("first", "second", "both")}
                for label in sorted({label for label, _ in self.labels})
            },
            "sources": {name: told(pairs) for name, pairs in sorted(self.sources.items())},
            "groups": {name: told(pairs) for name, pairs in sorted(self.groups.items())},
            "examples": [
                {"first": one, "second": two, "ids": [example.id for example in some]}
                for (one, two), some in sorted(self.examples.items())
            ],
        }


def told(pairs: Counter[Pair]) -> list[dict[str, Any]]:
    """Return counts by pair, with their shares."""
    whole = pairs.total()
    return [
        {"first": one, "second": two, "records": n, "share": n / whole}
        for (one, two), n in sorted(pairs.items())
    ]


@dataclass(frozen=True)
class Side:
    """One of the two policies, ready to decide.

    Attributes:
        columns: Those that its rules look at beside the source.
    """

    decider: Decider
    columns: tuple[str, ...]


def side(folder: str, policy: str, name: str) -> Side:
    """Return a policy that decides by the annotations in a folder.

    Raises:
        ManifestError, PolicyError: The annotations do not serve.
    """
    job = deciding(Job("", policy, name), folder, ())
    judge = job.build_filter()
    job = replace(job, asked=asked(judge))
    memory = remember(job, judge)
    judge.key("corpus")
    return Side(Decider(judge, memory.without), job.asked)


def diff(folder: str, first: Side, second: Side, examples: int = 0) -> Diff:
    """Return what differs between two policies over the annotations in a folder."""
    stored, found = read_annotations(location(folder)), Diff()
    names = {*first.columns, *second.columns, "url"} & {*stored.settings["stored"]}
    for rows in batches(stored, sorted(names)):
        table = table_of(rows.column("findings"), rows.column("text"))
        batch = batch_of(rows, sorted(names))
        one, two = (each.decider.decide(table, batch) for each in (first, second))
        count(found, rows, table, batch, list(zip(one, two, strict=True)), examples)
    return found


def batches(stored: Annotations, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield rows of all shards, in order, with these fields of their `columns`."""
    import pyarrow.parquet as pq

    wanted = ["id", "source", "text", "fault", "findings", *(f"columns.{name}" for name in names)]
    for shard in stored.shards:
        place = readable(stored.folder / shard.path)
        with pq.ParquetFile(place, read_dictionary=["source"]) as file:
            yield from file.iter_batches(BATCH_ROWS, columns=wanted)


def batch_of(rows: pa.RecordBatch, names: Sequence[str]) -> Batch:
    """Return texts, "" for those that could not be read, and what rules may look at."""
    columns = {"source": rows.column("source").to_pylist()}
    for name in names:
        columns[name] = rows.column("columns").field(name).to_pylist()
    return Batch(rows.column("text").fill_null("").to_pylist(), columns)


def count(  # noqa: PLR0913, PLR0917 (what one batch has)
    found: Diff,
    rows: pa.RecordBatch,
    table: Table,
    batch: Batch,
    decisions: Sequence[tuple[Decision, Decision]],
    examples: int,
) -> None:
    """Add what differs in a batch."""
    readable_rows = rows.column("fault").is_null().to_pylist()
    pairs: list[Pair] = []
    for i, (pair, good) in enumerate(zip(decisions, readable_rows, strict=True)):
        one, two = (outcome(decision) if good else "quarantined" for decision in pair)
        pairs.append((one, two))
        if not good:
            continue
        if pair[0].reasons or pair[1].reasons:
            reasons(found.labels, *(set(decision.reasons) for decision in pair))
        if one != two and len(found.examples[one, two]) < examples:
            why = pair[0].reasons, pair[1].reasons
            example = Example(rows.column("id")[i].as_py(), batch.texts[i], why)
            found.examples[one, two].append(example)
    found.outcomes.update(pairs)
    found.characters += int(table.lengths.sum())
    for source, pair_ in zip(batch.columns["source"], pairs, strict=True):
        found.sources[str(source)][pair_] += 1
    for row, code in mentions(table):
        found.groups[table.words[code]][pairs[row]] += 1


def outcome(decision: Decision) -> str:
    """Return what becomes of a record, as the tally names it."""
    if any(label.startswith(UNJUDGED) for label in decision.reasons):
        return "quarantined"
    return OF_ACTION[decision.action]


def reasons(labels: Counter[tuple[str, str]], one: set[str], two: set[str]) -> None:
    """Count the labels that are reasons under one policy, the other, or both."""
    labels.update((label, "both") for label in one & two)
    labels.update((label, "first") for label in one - two)
    labels.update((label, "second") for label in two - one)


def mentions(table: Table) -> list[tuple[int, int]]:
    """Return each row with each group that it mentions, by the code of its label."""
    group = np.array([word.startswith(GROUPS) for word in table.words], bool)
    where = group[table.codes] & ~table.whole
    pairs = table.rows[where] * len(table.words) + table.codes[where]
    return [divmod(int(pair), len(table.words)) for pair in np.unique(pairs)]
