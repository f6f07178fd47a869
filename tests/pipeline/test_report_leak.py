"""The report's section on the leak check: its numbers are the check's, zeros included."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.test_report import Page, books, example, judge

from gemsieve.filters.leak_rule import LeakRule
from gemsieve.pipeline.leak.counts import Leaks
from gemsieve.pipeline.leak.gate import told
from gemsieve.pipeline.leak.planted import Planted
from gemsieve.pipeline.leak.values import CHECKS
from gemsieve.pipeline.report.body import Clocks
from gemsieve.pipeline.report.leak import leak_section
from gemsieve.pipeline.report.report import write_report

ENTITIES = ("CREDIT_CARD", "IP_ADDRESS", "MAC_ADDRESS", "US_SSN", "X_UNKNOWN")
RULE = CHECKS["US_SSN"][0].name
HOSTILE = "<script>alert(1)</script>.jsonl:7"


def leaks() -> Leaks:
    """Return what a check found: some of everything."""
    found = Leaks()
    found.read.update({("records",): 12, ("characters",): 2_000_000})
    found.read.update({("sample records",): 5, ("sample characters",): 100_000})
    found.proven["US_SSN", RULE] = 1234
    found.suspected["MAC_ADDRESS",] = 3
    found.spared["IP_ADDRESS", "reserved"] = 8
    found.spared["IP_ADDRESS", "surrogate"] = 9
    found.planted.update([("4",), ("17",)])
    found.place(HOSTILE, "US_SSN")
    return found


def check(rule: LeakRule, found: Leaks | None = None, planted: int = 0) -> dict[str, Any]:
    """Return what a manifest tells of it."""
    lines = Planted(tuple(range(1, planted + 1)), ("x",) * planted) if planted else None
    return told(found or leaks(), rule, ENTITIES, lines)


def page(folder: Path, leak_check: dict[str, Any]) -> Page:
    """Return the report of a job with this check, read strictly."""
    tally = example(["a"], 40)
    held = replace(books(folder, tally), leak_check=leak_check)
    path = write_report(held, judge(), tally, Clocks(), {})
    numbers = json.loads((folder / "report" / "report.json").read_text())
    assert (numbers["leak_check"] is None) == (not leak_check)
    return Page(path.read_bytes().decode())


def test_every_check_has_its_line(tmp_path: Path) -> None:
    """What was looked for is told with its zeros; what nobody could look for is told, too."""
    shown = page(tmp_path, check(LeakRule(limit=0), planted=20))
    lines = shown.table("Values that remain")
    assert len(lines) == sum(len(CHECKS.get(entity, ())) for entity in ENTITIES) + 1
    assert ["US_SSN", RULE, "1,234", "617"] in lines
    assert ["MAC_ADDRESS", "stock Presidio, in the sample", "3", "30"] in lines
    assert ["CREDIT_CARD", CHECKS["CREDIT_CARD"][0].name, "0", "0"] in lines
    assert shown.table("Values that are no leaks, and why") == [
        ["IP_ADDRESS", "reserved for examples", "8"],
        ["IP_ADDRESS", "a stand-in of this filter", "9"],
    ]
    assert shown.table("Records that hold a proven value") == [[HOSTILE, "US_SSN"]]
    words = " ".join("".join(shown.words).split())
    assert "planted values: 20, remaining: 2; lines 4, 17" in words
    assert "Not checked, for no check knows them: X_UNKNOWN." in words


@pytest.mark.parametrize(
    ("rule", "found", "planted", "expected"),
    [
        (LeakRule(limit=0), leaks(), 0, "✗ The output does not pass"),
        (LeakRule(limit=617), leaks(), 0, "✓ The output passes"),
        (LeakRule(suspected_limit=29), leaks(), 0, "✗ The output does not pass"),
        (LeakRule(), leaks(), 0, "The policy sets no limit"),
        (LeakRule(), leaks(), 20, "✗ The output does not pass"),
        (LeakRule(), Leaks(), 20, "✓ The output passes"),
    ],
)
def test_the_verdict_is_the_gate(
    rule: LeakRule, found: Leaks, planted: int, expected: str, tmp_path: Path
) -> None:
    """The page says passed only where a limit was kept, and failed where there is no manifest."""
    told_of = check(rule, found, planted)
    words = "".join(page(tmp_path, told_of).words)
    assert expected in words
    assert ("there is no manifest, and nothing should be trained" in words) == ("✗" in expected)


def test_without_a_check_the_page_says_so(tmp_path: Path) -> None:
    """No check is not a passed one."""
    assert leak_section({}) is None
    assert "The kept records were not read again." in "".join(page(tmp_path, {}).words)
