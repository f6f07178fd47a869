"""`gemsieve parity`: the table, what the data's manifest says, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gemsieve.cli import main
from gemsieve.filters import load_filter
from gemsieve.pipeline.job import described
from gemsieve.pipeline.manifest import Manifest, write

POLICY = """
name = "two"
[[corpus]]
labels = "pii.*"
above = 0.4
action = "redact"
[[output]]
labels = "pii.*"
above = 0.4
action = "redact"
"""
COUNTS = {"in": 0, "kept": 0, "dropped": 0, "quarantined": 0}


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a policy whose uses agree."""
    path = tmp_path_factory.mktemp("policy") / "two.toml"
    path.write_text(POLICY, encoding="utf-8")
    return str(path)


def test_uses_that_agree(policy: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0, and a line for each family."""
    assert main(["parity", "--policy", policy]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-1].endswith("labels are judged alike")
    assert any(line.startswith("pii.* (") and "redact above 0.4" in line for line in told)


def test_uses_that_differ(policy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 1, and what differs by label."""
    other = tmp_path / "other.toml"
    other.write_text(POLICY.replace("above = 0.4", "above = 0.5"), encoding="utf-8")
    args = ["parity", "--policy", str(other), "--corpus-policy", policy, "--label", "pii.us_ssn"]
    assert main(args) == 1
    assert "redact above 0.4 | redact above 0.5" in capsys.readouterr().out
    assert main([*args, "--json"]) == 1
    (label,) = json.loads(capsys.readouterr().out)["labels"]
    assert (label["label"], label["state"]) == ("pii.us_ssn", "rules")


def test_the_data_must_name_policy_and_detectors(
    policy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A manifest of the same policy and detectors passes; another of either is told."""
    judge = load_filter(policy)
    same = {"name": judge.policy.name, "sha256": judge.policy.sha256}
    older = [one | {"version": "0"} for one in described(judge)]
    for name, said, detectors, status in (
        ("same", same, described(judge), 0),
        ("other", same | {"sha256": "0" * 64}, described(judge), 1),
        ("older", same, older, 1),
    ):
        folder = tmp_path / name
        folder.mkdir()
        write(Manifest(folder, said, detectors, [], COUNTS, [], "0"))
        assert main(["parity", "--policy", policy, "--data", str(folder)]) == status
        told = capsys.readouterr().out
        assert ("judged by policy 000000000000" in told) == (name == "other")
        assert ("was version 0" in told) == (name == "older")


def test_mistakes_are_named(
    policy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A label that nothing acts on, and a folder that is no output."""
    assert main(["parity", "--policy", policy, "--label", "size.*"]) == 2
    assert "size.*" in capsys.readouterr().err
    assert main(["parity", "--policy", policy, "--data", str(tmp_path)]) == 2
