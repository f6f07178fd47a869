"""Marks: kept beside the output and for it alone, taken back in order, counted by label."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemsieve.filters.intervals import wilson
from gemsieve.pipeline.inspector.marks import Mark, Marks, MarksError, Verdict
from gemsieve.pipeline.inspector.precision import precision

VERDICTS: st.SearchStrategy[Verdict] = st.sampled_from(["right", "wrong"])
MARKS = st.lists(
    st.builds(
        Mark,
        record=st.integers(0, 2),
        reasons=st.just(("pii.email_address", "toxicity.toxicity")),
        label=st.none() | st.sampled_from(["pii.email_address", "identity.religion.muslim"]),
        start=st.none(),
        end=st.none(),
        verdict=VERDICTS,
        meant=st.just(""),
        note=st.sampled_from(["", "a note"]),
    ),
    min_size=4,
    max_size=12,
)


@settings(max_examples=20)  # each of their statements waits for the disk
@given(MARKS, st.integers(0, 3))
def test_the_last_mark_on_a_thing_counts_and_undo_brings_back_the_one_before(
    tmp_path_factory: pytest.TempPathFactory, given_marks: list[Mark], undone: int
) -> None:
    """After some marks and fewer steps back, what counts is what the marks before these say."""
    marks = Marks(tmp_path_factory.mktemp("marks") / "m.sqlite", "book")
    for mark in given_marks:
        marks.add(mark)
    for _ in range(undone):
        marks.undo()
    left = given_marks[: max(0, len(given_marks) - undone)]
    latest = {(mark.record, mark.place): mark for mark in left}
    key = [(m.record, m.place[0] or "", m.verdict, m.note) for m in latest.values()]
    found = [(m.record, m.place[0] or "", m.verdict, m.note) for m in marks.every()]
    assert sorted(found) == sorted(key)
    assert [m.record for m in marks.every()] == sorted(m.record for m in marks.every())
    assert marks.of([1, 2]) == [m for m in marks.every() if m.record in (1, 2)]
    marks.close()


def test_marks_outlive_the_program_and_belong_to_one_output(tmp_path: Path) -> None:
    """Opened again they are there; for another output, or of another kind, the file is refused."""
    path = tmp_path / "m.sqlite"
    marks = Marks(path, "book")
    assert not path.exists()
    assert marks.undo() is None
    marks.add(Mark(3, (), None, None, None, "right", "", "a note"))
    marks.close()
    assert path.stat().st_mode & 0o077 == 0
    again = Marks(path, "book")
    assert [mark.note for mark in again.every()] == ["a note"]
    assert again.undo() == 3
    again.close()
    with pytest.raises(MarksError, match=r"m\.sqlite: marks on an output that stood here before"):
        Marks(path, "another")
    path.write_text("no database, but some words")
    with pytest.raises(MarksError, match=r"m\.sqlite: .*--marks"):
        Marks(path, "book")
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE mark (id)")
    other.close()
    with pytest.raises(MarksError, match=r"no marks of format 1"):
        Marks(path, "book")


def test_precision_counts_a_verdict_for_each_reason_and_a_finding_for_its_label() -> None:
    """A finding that is marked stands for its label; the verdict for the other reasons."""
    both = ("pii.email_address", "pii.phone_number")
    found = precision(
        [
            Mark(1, both, None, None, None, "wrong"),
            Mark(1, both, "pii.email_address", 3, 9, "right"),
            Mark(1, both, "pii.email_address", 12, 19, "right"),
            Mark(2, both, None, None, None, "right"),
            Mark(3, (), None, None, None, "right"),
            Mark(3, (), "pii.iban_code", 0, 4, "missed", "pii.iban_code"),
        ]
    )
    told = {row["label"]: (row["right"], row["wrong"], row["missed"]) for row in found}
    assert told == {
        "pii.email_address": (3, 0, 0),
        "pii.phone_number": (1, 1, 0),
        "keep": (1, 0, 0),
        "pii.iban_code": (0, 0, 1),
    }
    assert found[0]["interval"] == wilson(3, 3)
    assert found[0]["share"] == 1
    assert next(r for r in found if r["label"] == "pii.iban_code")["share"] is None
