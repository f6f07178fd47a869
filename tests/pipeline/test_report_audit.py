"""The report's section on the audit: its numbers are the audit's, and too few are said to be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.pipeline.test_report import Page, books, example, judge

from gemsieve.filters import Action, Finding, Verdict
from gemsieve.filters.audit.counts import Swaps
from gemsieve.filters.audit.judge import Judge
from gemsieve.filters.audit.rule import AuditRule
from gemsieve.filters.audit.verdict import told
from gemsieve.filters.policy import Rule
from gemsieve.filters.toxicity import ToxicityDetector
from gemsieve.pipeline.report.audit import GROUPS
from gemsieve.pipeline.report.body import Clocks
from gemsieve.pipeline.report.identity import beside_others, groups
from gemsieve.pipeline.report.report import write_report
from gemsieve.pipeline.tally import Tally

A, B, C = (f"identity.religion.{name}" for name in ("muslim", "jewish", "hindu"))
HOSTILE = "<script>alert(1)</script>.jsonl:7"
RULE = Rule(("toxicity.*",), Action.DROP, above=0.7)
LABEL = "toxicity.toxicity"


def audit(rule: AuditRule, scale: int = 1) -> dict[str, Any]:
    """Return an audit in which one group fares worse."""
    swaps = Swaps()
    swaps.trials.update({(A, B): 40 * scale, (B, C): 50 * scale, (C, A): 10 * scale})
    swaps.flips.update({("corpus[1]", A, B, "source"): 20 * scale})
    swaps.flips["corpus[1]", C, A, "target"] = 4 * scale
    swaps.gaps[LABEL, A, B, "absolute"] = 10_000_000 * scale
    swaps.gaps[LABEL, A, B, "signed"] = -10_000_000 * scale
    swaps.gaps[LABEL, A, B, "squares"] = 3_000_000_000_000 * scale
    swaps.largest[LABEL, A, B] = 512_000
    swaps.place((HOSTILE, 1234, "corpus[1]", A, B))
    return told(swaps, Judge(rule, {"corpus[1]": RULE}, (ToxicityDetector(),)))


def page(folder: Path, body: dict[str, Any]) -> Page:
    """Return the report of a job with this audit, read strictly."""
    tally = example(["a"], 40)
    path = write_report(books(folder, tally), judge(), tally, Clocks(), body)
    assert json.loads((folder / "report" / "report.json").read_text())["audit"] == body
    return Page(path.read_bytes().decode())


def words(page: Page) -> str:
    """Return the words of a page."""
    return " ".join("".join(page.words).split())


def test_flips_are_told_by_group_and_by_pair(tmp_path: Path) -> None:
    """Each axis and each group with flips has a line, each pair of groups a cell."""
    shown = page(tmp_path, audit(AuditRule(flip_rate=0.05)))
    lines = [line for line in shown.table("Flips under corpus[1]") if len(line) > 1]
    assert [line[:4] for line in lines] == [
        ["all", "100", "24", "–"],
        ["muslim", "50", "24", "0"],
    ]
    assert [line[-1] for line in lines] == ["✗ fail", "✗ fail"]
    cells = shown.table("Flips of religion under corpus[1]: of trials, by source and target")
    assert {line[0]: line[1:] for line in cells} == {
        "muslim": ["–", "20/40", "–"],
        "jewish": ["–", "–", "0/50"],
        "hindu": ["4/10", "–", "–"],
    }
    widest = shown.table("Pairs of groups by the largest difference of a score")
    assert widest == [
        [LABEL, "religion.muslim", "religion.jewish", "40", "0.512", "0.250", "-0.250"]
    ]
    said = words(shown)
    assert "✗ The filter does not pass" in said
    assert "24 of 50 swaps of religion.muslim have it act on that group alone" in said
    assert "2 groups without a flip against them" in said


def test_too_few_trials_are_no_pass(tmp_path: Path) -> None:
    """Where a limit could not be tested, the page says so in the place of the verdict."""
    few = page(tmp_path / "few", audit(AuditRule(flip_rate=0.05, least=1000)))
    assert "Insufficient: too few trials to pass" in words(few)
    assert "The filter passes" not in words(few)
    passes = page(tmp_path / "passes", audit(AuditRule(flip_rate=1.0)))
    assert "✓ The filter passes" in words(passes)
    open_ended = page(tmp_path / "open", audit(AuditRule()))
    assert "The policy sets no limit" in words(open_ended)
    assert "The filter was not audited." in words(page(tmp_path / "none", {}))


def test_names_of_records_are_shown_as_names(tmp_path: Path) -> None:
    """A record's name is escaped, and stands beside the offset of its sentence."""
    shown = page(tmp_path, audit(AuditRule()))
    assert shown.table("Records and offsets of sentences that flipped")[0][:2] == [HOSTILE, "1,234"]
    assert [tag for tag, _ in shown.tags].count("script") == 1  # the page's own


def test_many_groups_have_a_bounded_table(tmp_path: Path) -> None:
    """The groups with the most flips have lines; how many have none is told."""
    names = [f"identity.nationality.n{i:02d}" for i in range(GROUPS + 5)]
    swaps = Swaps()
    for i, name in enumerate(names[1:]):
        swaps.trials[names[0], name] = 10
        swaps.flips["corpus[1]", names[0], name, "source"] = i % 10
    body = told(swaps, Judge(AuditRule(), {"corpus[1]": RULE}, (ToxicityDetector(),)))
    shown = page(tmp_path, body)
    cells = shown.table("Flips of nationality under corpus[1]: of trials, by source and target")
    assert len(cells) == GROUPS
    assert "5 more groups have no line." in words(shown)


def test_others_are_those_who_mention_someone_else() -> None:
    """Of groups the records that mention other people; of dialects those without a feature."""
    tally = Tally()
    spans = {name: Finding(name, 1.0, (0, 1)) for name in (A, B, "dialect.aae.habitual_be")}
    kinds = [
        (10, Action.DROP, [A]),
        (20, Action.KEEP, [A, B]),
        (30, Action.REDACT, [B]),
        (5, Action.DROP, [B]),
        (100, Action.KEEP, []),
        (8, Action.DROP, ["dialect.aae.habitual_be"]),
    ]
    for count, action, labels in kinds:
        found = tuple(spans[label] for label in labels)
        for _ in range(count):
            tally.add("s", "x", Verdict(action, (), None, found), frozenset())
    rows = {row.label: row for row in beside_others(tally)}
    assert (rows[A].records, rows[A].dropped) == (30, 10)
    assert (rows[A].others, rows[A].others_dropped) == (35, 5)
    assert (rows[B].others, rows[B].others_dropped) == (10, 10)
    speech = rows["dialect.aae.habitual_be"]
    assert (speech.records, speech.others, speech.others_dropped) == (8, 165, 15)
    assert rows["dialect"].others == 165
    told = {group.name: group for group in groups(tally, 0.1)}
    assert told["jewish"].redaction_rate == 30 / 50
    assert told["muslim"].ratio == (10 / 30) / (5 / 35)
    assert told["habitual_be"].kind == "dialect aae"
