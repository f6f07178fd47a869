"""What the fault suite adds to pytest's summary: how much was disturbed, and what it cost."""

from __future__ import annotations

import pytest

SUITE = "tests/faults/test_faults.py"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts; with several processes, those of all."""
    stats = terminalreporter.stats
    passed = [r for r in stats.get("passed", []) if r.nodeid.startswith(f"{SUITE}::test_a_fault")]
    failed = [r for r in stats.get("failed", []) if r.nodeid.startswith(f"{SUITE}::test_a_fault")]
    if not passed + failed:
        return
    records = sum(value for r in passed for name, value in r.user_properties if name == "records")
    terminalreporter.section("faults")
    terminalreporter.write_line(
        f"{len(passed) + len(failed)} faults, {len(failed)} that a job did not survive;"
        f" {records:,} records, of those survived 0 lost, 0 doubled, 0 half-written shards"
    )
