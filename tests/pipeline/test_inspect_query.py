"""Questions to an output: the answers are those of a plain loop over all of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gemsieve.pipeline.inspector.facets import Facets
from gemsieve.pipeline.inspector.output import Group, Output, open_output
from gemsieve.pipeline.inspector.query import Query
from gemsieve.pipeline.inspector.scan import Scan, Scans
from gemsieve.pipeline.manifest import OUTCOMES

WORDS = st.sampled_from(["", "LEDGER", "page 1", "b.jsonl:3", "<script>", "(", "nothing of it"])
LABELS = st.sampled_from(["", "pii.*", "toxicity.toxicity", "identity.*", "*", "none.such"])
SCORES = st.none() | st.sampled_from([0.0, 0.3, 0.7, 1.0])
QUERIES = st.builds(
    Query,
    outcomes=st.sets(st.sampled_from(OUTCOMES)).map(lambda s: tuple(sorted(s))),
    reason=st.sampled_from(["", "pii.*", "toxicity.*", "malformed_json", "none.such"]),
    label=LABELS,
    low=SCORES,
    high=SCORES,
    source=st.sampled_from(["", "a.org", "b.jsonl", "c.org"]),
    words=WORDS,
)


def rows(folder: Path) -> list[dict[str, Any]]:
    """Return all rows, in the order of the outcomes and shards."""
    return [
        row | {"outcome": outcome}
        for outcome in OUTCOMES
        for path in sorted((folder / outcome).glob("*"))
        for row in pq.read_table(path).to_pylist()
    ]


def answers(query: Query, row: dict[str, Any]) -> bool:
    """Say whether a row answers a query."""
    causes = [*(row.get("reasons") or ()), *filter(None, [row.get("reason")])]
    low = -1e9 if query.low is None else query.low
    high = 1e9 if query.high is None else query.high
    words = query.words.lower()
    return (
        (not query.outcomes or row["outcome"] in query.outcomes)
        and (not query.reason or any(fnmatchcase(cause, query.reason) for cause in causes))
        and (not query.source or row["source"] == query.source)
        and (words in (row.get("text") or "").lower() or words in row["id"].lower())
        and (
            not query.label
            or any(
                fnmatchcase(f["label"], query.label) and low <= f["score"] <= high
                for f in row.get("findings") or ()
            )
        )
    )


@pytest.fixture(scope="module")
def output(inspected: Path) -> Output:
    """The output."""
    return open_output(inspected)


@settings(max_examples=60)
@given(query=QUERIES)
@example(query=Query(label="pii.*", low=1.0, high=1.0))
def test_answers_are_those_of_a_plain_loop(output: Output, query: Query) -> None:
    """Every field by itself and together, patterns, ranges, and rows without the column."""
    scan = Scan(output, query)
    scan.work()
    every = [i for i, row in enumerate(rows(output.folder)) if answers(query, row)]
    assert not scan.failed
    assert scan.page(0, 1000, None) == every
    drawn = scan.page(0, 1000, 7)
    assert sorted(drawn) == every
    assert drawn == [*scan.page(0, 3, 7), *scan.page(3, 1000, 7)]


def test_a_draw_hangs_on_its_seed_alone(output: Output) -> None:
    """The same seed draws the same records in the same order, another one others."""
    once, again = Scan(output, Query()), Scan(output, Query())
    once.work()
    again.work()
    assert once.page(0, 20, 1) == again.page(0, 20, 1) != once.page(0, 20, 2)
    assert once.page(0, 20, 1) != sorted(once.page(0, 20, 1))


def test_a_draw_waits_until_all_answers_are_known(output: Output) -> None:
    """Drawn from some of the answers, a sample would not be one of all."""
    drawn: list[tuple[int, int]] = []

    class Told(list[Group]):
        """Row groups; after each was asked, it is noted what is known and what is drawn."""

        def __iter__(self) -> Iterator[Group]:
            for group in super().__iter__():
                yield group
                drawn.append((scan.total, len(scan.page(0, 20, 1))))

    scan = Scan(replace(output, groups=Told(output.groups)), Query())
    scan.work()
    *before, after = drawn
    assert all(total and not count for total, count in before)
    assert after == (62, 20)


def test_a_question_asked_again_is_not_put_again(output: Output) -> None:
    """The last questions are remembered, the oldest is forgotten."""
    scans = Scans(output)
    first = scans.of(Query(words="x0"))
    assert scans.of(Query(words="x0")) is first
    for i in range(8):
        scans.of(Query(words=f"y{i}")).wait(lambda _: False, 10)
    assert scans.of(Query(words="x0")) is not first


def test_words_are_counted(output: Output) -> None:
    """Labels by finding, reasons and sources by record, as a plain loop counts them."""
    facets = Facets(output)
    facets.work()
    told = facets.told()
    everything = rows(output.folder)
    labels = [f["label"] for row in everything for f in row.get("findings") or ()]
    causes = [c for row in everything for c in (row.get("reasons") or [row.get("reason")]) if c]
    assert told["share"] == 1
    assert dict(told["labels"]) == {label: labels.count(label) for label in set(labels)}
    assert dict(told["reasons"]) == {cause: causes.count(cause) for cause in set(causes)}
    assert sum(n for _, n in told["sources"]) == len(everything)
