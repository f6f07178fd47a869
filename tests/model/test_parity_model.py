"""`gemsieve parity --model`: which policy and data a run names."""

from __future__ import annotations

from pathlib import Path

import pytest

from gemsieve.cli import main
from gemsieve.model.training.train import Summary


def test_a_run_names_its_policy_and_data(
    finished: tuple[Path, Summary],
    data: Path,
    other_data: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One that learned from what another policy kept, or from other data, is told."""
    args = ["parity", "--label", "pii.us_ssn", "--model", str(finished[0])]
    for given, strange in ((data, False), (other_data, True)):
        assert main([*args, "--data", str(given)]) == 1
        told = capsys.readouterr().out
        assert f"{finished[0]}: judged by policy 000000000000" in told
        assert ("was not trained on" in told) == strange
