"""What is sent to Weights & Biases: numbers, settings, and nothing of the machine."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from gemsieve.cli import main
from gemsieve.model.training.watching.clock import Progress
from gemsieve.model.training.watching.wandb_run import FILE_NAME, wandb_run


def told(step: int, **more: Any) -> Progress:
    """Return what a run tells of a step."""
    entry = {"step": step, "loss": 3.0 / step, **more}
    return Progress(step, 9, 3.0 / step, None, 50.0, 1.0, None, entry)


@pytest.mark.filterwarnings("default")
def test_an_offline_run_holds_its_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of metrics and settings, under one id through a resume; no host, no packages."""
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setattr(socket, "gethostname", lambda: "machine-of-somebody")
    for step in (1, 4):
        with wandb_run("sieve", tmp_path, {"train": {"steps": 9}}) as watch:
            watch(told(step, held_out_by={"web": 1.75}, rewinds=[{"from": 3}]))
    name = (tmp_path / FILE_NAME).read_text().strip()
    runs = list(tmp_path.glob(f"wandb/offline-run-*-{name}"))
    assert len(runs) == 2
    for run in runs:
        written = (run / f"run-{name}.wandb").read_bytes()
        for known in ("loss", "held_out_by/web", "tokens_per_second", "steps", "sieve"):
            assert known.encode() in written
        for unknown in ("rewinds", "machine-of-somebody", "requirements"):
            assert unknown.encode() not in written


def test_a_missing_library_is_named_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says which extra brings it, and makes no run."""
    monkeypatch.setitem(sys.modules, "wandb", None)
    config, run = tmp_path / "run.toml", tmp_path / "run"
    config.touch()
    places = ["--data", str(tmp_path), "--output", str(run)]
    assert main(["train", str(config), *places, "--wandb", "sieve"]) == 2
    assert "pip install 'gemsieve[wandb]'" in capsys.readouterr().err
    assert not run.exists()
