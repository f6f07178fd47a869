"""The filter without Beam: an iterator, a data set and a notebook give a job's verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from gemsieve.filters import Action, Batch, Filter, Finding, Verdict
from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.over import asked, mapped, verdicts
from gemsieve.filters.verdict_html import verdict_html

POLICY = """
name = "mails"
[[columns]]
column = "opt_out"
is = true
missing = "keep"
[[corpus]]
labels = "pii.*"
action = "redact"
"""
MAIL, PLAIN = "write to jane.doe@example.org", "the roses are in the ground"


@pytest.fixture(scope="module")
def judge() -> Filter:
    """A filter of addresses and opt-outs."""
    return filter_from_text(POLICY, "mails.toml")


@settings(max_examples=20)
@given(texts=st.lists(st.sampled_from([MAIL, PLAIN, ""]), max_size=7), size=st.integers(1, 4))
def test_an_iterator_gives_the_verdicts_of_a_batch(
    judge: Filter, texts: list[str], size: int
) -> None:
    """However texts are grouped, each has the verdict that a batch of all gives it."""
    assert list(verdicts(judge, iter(texts), size=size)) == judge(Batch(texts), "corpus")


def test_texts_are_read_as_they_are_needed(judge: Filter) -> None:
    """No more than a group is taken before the first verdict is given."""
    taken = []

    def endless() -> Iterator[str]:
        while True:
            taken.append(1)
            yield PLAIN

    assert next(verdicts(judge, endless(), size=3)).action is Action.KEEP
    assert len(taken) == 3


def test_mappings_bring_their_columns(judge: Filter) -> None:
    """What the policy asks for comes along, in whatever type it is."""
    assert asked(judge, "corpus") == {"opt_out"}
    rows = [{"body": PLAIN, "opt_out": out} for out in (True, False, None, [1])]
    found = list(verdicts(judge, rows, text="body"))
    assert [verdict.action for verdict in found] == [Action.DROP] + [Action.KEEP] * 3


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_no_record_brings_readings() -> None:
    """Not even where a rule is about their column: it holds then, as for any unknown value."""
    rule = '[[corpus]]\nlabels = "pii.*"\naction = "drop"\nwhen = { readings = "x" }'
    judge = filter_from_text(f'name = "forged"\n{rule}', "forged.toml")
    assert "readings" not in asked(judge, "corpus")
    (verdict,) = verdicts(judge, [{"text": MAIL, "readings": "y"}])
    assert verdict.action is Action.DROP


def test_a_data_set_is_mapped(judge: Filter) -> None:
    """`Dataset.map` writes over the text and tells why, row by row."""
    data = Dataset.from_dict({"text": [MAIL, PLAIN, PLAIN], "opt_out": [False, True, None]})
    rows = data.map(mapped(judge), batched=True, batch_size=2).to_list()
    assert [row["text"] for row in rows] == ["write to <EMAIL_ADDRESS>", None, PLAIN]
    assert [row["action"] for row in rows] == ["redact", "drop", "keep"]
    assert [row["reasons"] for row in rows] == [["pii.email_address"], ["column.opt_out"], []]


class Balanced(HTMLParser):
    """Reads HTML and keeps its words, its tags and those that are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.words = ""

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@given(st.text(), st.sampled_from([*Action]))
def test_a_notebook_shows_a_verdict_and_nothing_that_is_hidden(text: str, action: Action) -> None:
    """Any text shows as itself in tags of our own; a dropped one does not show."""
    finding = Finding("pii.<b>", 0.5, (0, 3))
    kept = None if action is Action.DROP else text
    page = Balanced()
    page.feed(verdict_html(Verdict(action, ("pii.<b>",), kept, (finding,))))
    page.close()
    assert page.open == []
    assert page.tags <= {"div", "b", "pre", "mark", "table", "tr", "th", "td"}
    assert ("pre" in page.tags) == (kept is not None)
    assert "pii.<b>" in page.words


def test_a_redacted_verdict_marks_what_stands_in_place(judge: Filter) -> None:
    """The placeholder is marked, and the value is nowhere."""
    (verdict,) = judge(Batch([MAIL]), "corpus")
    shown = verdict._repr_html_()
    assert "write to <mark>&lt;EMAIL_ADDRESS&gt;</mark>" in shown
    assert "jane" not in shown
    assert "<td>pii.email_address</td>" in shown
