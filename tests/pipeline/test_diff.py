"""What another policy would change: the decisions of the policy itself, counted."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.drawn_policies import BROAD, policies

from gemsieve.cli import main
from gemsieve.filters import Batch, Filter, Finding
from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.policy import Decision
from gemsieve.pipeline.annotate.annotate import schema
from gemsieve.pipeline.annotate.annotations import Annotations
from gemsieve.pipeline.annotate.diff import diff, outcome, side
from gemsieve.pipeline.annotate.looked import looking
from gemsieve.pipeline.write import ShardWriter

EVENTS = ("pii.email_address", "pii.phone_number", "secret.jwt", "identity.religion.muslim")
WHOLE = ("language.en", "language.de", "quality.gopher.word_count", "quality.gopher.stop_words")
ODD = ("error.pii", "error.language", "never.heard", "quality.gopher.bullet_line_share")
GROUPS = '[[corpus]]\nlabels = "identity.*"\naction = "keep"\n'
TEXT = "<EMAIL_ADDRESS> is one; 1.2.3.4 is another. " * 3

scores = st.sampled_from([0.0, 0.2, 0.3, 0.5, 0.6, 0.9, 1.0, 8.0, 40.0, 201.0, float("nan")])
spans = st.sampled_from([(0, 15), (2, 9), (24, 31), (24, 60), (5, 5), (100, 900), (-1, 4)])
whole_texts = st.builds(Finding, st.sampled_from(WHOLE + ODD), scores)
placed = st.builds(Finding, st.sampled_from(EVENTS), scores, st.none() | spans)


@st.composite
def stored(draw: st.DrawFn, judge: Filter) -> list[list[Finding]]:
    """Draw findings of some texts; most have all that is owed."""
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        row = draw(st.lists(whole_texts, max_size=5)) + draw(st.lists(placed, max_size=5))
        if draw(st.integers(0, 3)):
            owed = judge.policy.ruleset("corpus").owed
            row += [Finding(min(group.labels), draw(scores)) for group in owed]
        rows.append(row)
    return rows


BROADEST = filter_from_text(BROAD + GROUPS, "p.toml")


def written(folder: Path, rows: list[list[Finding]]) -> None:
    """Write annotations that hold these findings, and a record that could not be read."""
    folder.mkdir(exist_ok=True)
    names = [f"a.jsonl:{i}" for i in range(1, len(rows) + 2)]
    columns = [{"site": f"s{i % 2}", "language": None} for i in range(len(rows))]
    with ShardWriter(
        folder, folder, "annotated", "00000-of-00001.parquet", schema(("site", "language"))
    ) as writer:
        writer.write(
            {
                "id": names,
                "source": ["a.jsonl"] * len(names),
                "text": [*[TEXT] * len(rows), None],
                "fault": [*[None] * len(rows), "blank_line"],
                "columns": [*columns, None],
                "findings": [*rows, []],
            }
        )
        shard = writer.publish()
    assert shard is not None
    told = {"text_field": "text", "source_field": "", "columns": [], "stored": ["site", "language"]}
    counts = {"in": len(names), "annotated": len(rows), "unreadable": 1}
    piece = {"source": "a.jsonl", "start": 0, "end": None, "first": 1, "size": 1, "kind": "jsonl"}
    piece["records"] = len(names)
    policy = {"name": "broad", "sha256": BROADEST.policy.sha256}
    Annotations(folder, policy, looking(BROADEST), told, [piece], counts, [shard], "0").write()


def mine(judge: Filter, row: list[Finding]) -> list[Finding]:
    """Return the findings that a filter's detectors would have had."""
    names = {detector.name for detector in judge.detectors["corpus"]}
    others = [d for d in BROADEST.detectors["corpus"] if d.name not in names]
    without = {label for d in others for label in d.labels.ranges()}
    without |= {f"error.{d.name}" for d in others}
    return [finding for finding in row if finding.label not in without]


def decided(judge: Filter, rows: list[list[Finding]]) -> list[Decision]:
    """Return the decisions of a filter itself."""
    sites = [f"s{i % 2}" for i in range(len(rows))]
    columns: dict[str, list[str | None]] = {"source": ["a.jsonl"] * len(rows), "site": [*sites]}
    columns["language"] = [None] * len(rows)
    batch = Batch([TEXT] * len(rows), columns)
    found = [mine(judge, row) for row in rows]
    return judge.first_look(batch, found, "corpus", owed=True)


@given(st.data(), policies, policies)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_counts_are_those_of_the_policies(
    tmp_path: Path, data: st.DataObject, one: dict[str, str], two: dict[str, str]
) -> None:
    """Whatever was found, outcomes, reasons and groups are those that both policies decide."""
    texts = ["\n".join(['name = "x"', GROUPS, *rules.values()]) for rules in (one, two)]
    judges = [filter_from_text(text, "p.toml") for text in texts]
    rows = data.draw(stored(BROADEST))
    written(tmp_path, rows)
    first_side, second_side = (side(str(tmp_path), text, "p.toml") for text in texts)
    found = diff(str(tmp_path), first_side, second_side)
    pairs = list(zip(*(decided(judge, rows) for judge in judges), strict=True))
    outcomes = [(outcome(a), outcome(b)) for a, b in pairs]
    assert found.outcomes == Counter([*outcomes, ("quarantined", "quarantined")])
    both = Counter(x for a, b in pairs for x in {*a.reasons} & {*b.reasons})
    assert {x: n for (x, side_), n in found.labels.items() if side_ == "both"} == both
    first = Counter(x for a, b in pairs for x in {*a.reasons} - {*b.reasons})
    assert {x: n for (x, side_), n in found.labels.items() if side_ == "first"} == first
    muslim = [
        pair
        for pair, row in zip(outcomes, rows, strict=True)
        if any(f.label == EVENTS[3] and f.span for f in row)
    ]
    assert found.groups.get(EVENTS[3], Counter()) == Counter(muslim)


@pytest.fixture
def scene(tmp_path: Path) -> list[str]:
    """Two policies and annotations, as the command line names them."""
    owed = [Finding(min(g.labels), 9.0) for g in BROADEST.policy.ruleset("corpus").owed]
    mail = Finding("pii.email_address", 0.6, (0, 4))
    written(tmp_path / "ann", [owed, [*owed, mail], [*owed, replace(mail, score=0.2)]])
    keep = 'name = "x"\n[[corpus]]\nlabels = "pii.*"\naction = "keep"\n'
    (tmp_path / "a.toml").write_text(keep)
    (tmp_path / "b.toml").write_text(keep + keep.split("\n", 1)[1].replace("keep", "drop"))
    with (tmp_path / "b.toml").open("a") as file:
        file.write("above = 0.5\n")
    return [str(tmp_path / name) for name in ("a.toml", "b.toml", "ann")]


def test_the_command_tells_what_changes(
    scene: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Numbers for machines and people; ids on request, and texts on another request alone."""
    assert main(["diff", *scene, "--json", "--examples", "5"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert (body["records"], body["changed"]) == (4, 1)
    assert {"first": "kept", "second": "dropped", "records": 1, "share": 0.25} in body["outcomes"]
    assert body["labels"] == {"pii.email_address": {"first": 0, "second": 1, "both": 0}}
    assert body["examples"] == [{"first": "kept", "second": "dropped", "ids": ["a.jsonl:2"]}]
    assert main(["diff", *scene, "--examples", "1"]) == 0
    plain = capsys.readouterr().out
    assert "1 of 4 records change (25.00 %)" in plain
    assert "a.jsonl:2" in plain
    assert TEXT not in plain
    assert main(["diff", *scene, "--examples", "1", "--show-text"]) == 0
    assert TEXT in capsys.readouterr().out
    assert main(["diff", *scene, "--show-text"]) == 2
