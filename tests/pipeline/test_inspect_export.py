"""Marks become labelled texts that `gemsieve eval` reads, and say no more than the marks do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gemsieve.cli.eval_rows import Fields
from gemsieve.cli.eval_rows import read as read_labels
from gemsieve.filters.pii.labelled import read as read_spans
from gemsieve.pipeline.inspector.api import Inspector
from gemsieve.pipeline.inspector.export import export

from .inspected import MAIL, inspector, settled, text


@pytest.fixture
def one(inspected: Path, tmp_path: Path) -> Iterator[Inspector]:
    """An inspector that knows the inputs, without marks."""
    found = inspector(inspected, tmp_path / "m.sqlite", read=True)
    yield found
    found.marks.close()


def record(one: Inspector, name: str) -> Any:
    """Return a record's number by its id."""
    rows = settled(lambda: one.search({"words": [name]}))["rows"]
    return next(row["n"] for row in rows if row["id"] == name)


def finding(one: Inspector, n: int, label: str) -> int:
    """Return the place of a finding among a record's."""
    findings = one.record({"n": [str(n)]})["findings"]
    return next(i for i, found in enumerate(findings) if found["label"] == label)


def lines(one: Inspector, purpose: Any) -> dict[str, dict[str, Any]]:
    """Return exported lines by id."""
    found = map(json.loads, export(one.records, one.marks, purpose).lines)
    return {line["id"]: line for line in found}


def test_toxicity_is_told_by_verdicts_findings_and_labels_meant(one: Inspector) -> None:
    """Dropped rightly or wrongly, kept rightly or not; what says nothing of it is left out."""
    n = {name: record(one, name) for name in ("a.jsonl:7", "a.jsonl:14", "b.jsonl:5")}
    one.mark({"n": n["a.jsonl:7"], "verdict": "right"})
    one.mark({"n": n["a.jsonl:14"], "verdict": "wrong"})
    one.mark({"n": n["b.jsonl:5"], "verdict": "wrong", "meant": "toxicity.toxicity"})
    one.mark({"n": record(one, "b.jsonl:2"), "verdict": "right"})
    one.mark({"n": record(one, "b.jsonl:3"), "verdict": "wrong"})
    one.mark({"n": record(one, "b.jsonl:6"), "verdict": "right"})  # redacted
    found = lines(one, "toxicity")
    assert {name: line["label"] for name, line in found.items()} == {
        "a.jsonl:7": 1,
        "a.jsonl:14": 0,
        "b.jsonl:5": 1,
        "b.jsonl:2": 0,
    }
    assert found["a.jsonl:7"]["text"] == text(7)
    assert export(one.records, one.marks, "toxicity").undecided == 2
    assert len(lines(one, "all")) == 6


def test_personal_data_is_told_where_all_of_it_is(one: Inspector) -> None:
    """Right with the verdict, wrong by itself, under another label, missed, or not there."""
    right, wrong, other, half = (record(one, f"a.jsonl:{i}") for i in (6, 12, 18, 7))
    one.mark({"n": right, "verdict": "right"})
    one.mark({"n": wrong, "verdict": "wrong"})
    mail = finding(one, other, "pii.email_address")
    one.mark({"n": other, "finding": mail, "verdict": "wrong", "meant": "pii.url"})
    one.mark({"n": other, "verdict": "missed", "start": 4, "end": 11, "meant": "names.person"})
    one.mark({"n": half, "verdict": "right"})  # dropped for toxicity: of its mail nothing is said
    one.mark({"n": record(one, "a.jsonl:1"), "verdict": "right"})
    one.mark({"n": record(one, "a.jsonl:24"), "verdict": "wrong", "meant": "pii.url"})  # where?
    found = lines(one, "pii")
    assert found.keys() == {"a.jsonl:6", "a.jsonl:12", "a.jsonl:18", "a.jsonl:1"}
    start = text(6).index(MAIL)
    span = {"start": start, "end": start + len(MAIL), "label": "EMAIL_ADDRESS"}
    assert found["a.jsonl:6"]["spans"] == [span]
    assert found["a.jsonl:12"]["spans"] == []
    assert [s["label"] for s in found["a.jsonl:18"]["spans"]] == ["PERSON", "URL"]
    assert found["a.jsonl:1"]["spans"] == []
    one.mark({"n": half, "finding": finding(one, half, "pii.email_address"), "verdict": "right"})
    assert len(lines(one, "pii")["a.jsonl:7"]["spans"]) == 1


def test_evaluations_read_what_is_exported(one: Inspector, tmp_path: Path) -> None:
    """Each by its own reader, with no line left out."""
    for i in (1, 6, 7, 14):
        one.mark({"n": record(one, f"a.jsonl:{i}"), "verdict": "right"})
    for purpose, count in (("toxicity", 3), ("pii", 2)):
        path = tmp_path / f"{purpose}.jsonl"
        path.write_text("".join(one.export({"for": [purpose]}).lines))
        if purpose == "pii":
            assert [len(row.marks) for row in read_spans(path)] == [0, 1]
        else:
            rows, faults = read_labels(path, Fields())
            assert (len(rows), faults) == (count, {})
            assert {row.source for row in rows} == {"a.org"}


def test_without_the_text_as_it_was_read_a_mark_is_left_out_and_counted(
    inspected: Path, tmp_path: Path
) -> None:
    """A redacted text has no personal data to mark in it, and a dropped one is not there."""
    one = inspector(inspected, tmp_path / "m.sqlite")
    for name in ("a.jsonl:1", "a.jsonl:6", "a.jsonl:7"):
        one.mark({"n": record(one, name), "verdict": "right"})
    found = export(one.records, one.marks, "all")
    assert [json.loads(line)["id"] for line in found.lines] == ["a.jsonl:1"]
    assert (found.textless, found.undecided) == (2, 0)
    one.marks.close()
