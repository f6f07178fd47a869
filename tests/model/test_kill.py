from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from gemsieve.model.checkpoints.checkpoint import open_checkpoints, restore_losses
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.train import train

PROGRAM = Path(__file__).parents[2] / "bench" / "kill_train.py"


def test_a_killed_run_ends_as_if_undisturbed(data: Path) -> None:
    """Ended by SIGKILL or SIGTERM at random moments and resumed, it has the same bits in the end.

    SIGTERM is answered with a checkpoint, a line that says how to go on, and status 143.
    """
    command = [sys.executable, str(PROGRAM), str(data), "--kills", "2", "--pace", "12"]
    command += ["--layers", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["came"] == {"SIGKILL": 2, "SIGTERM": 1}
    step = told["resumed_from"][1]
    assert f"told to end after step {step} of 24; the same command goes on" in done.stderr
    assert told["status"] == 0
    assert told["same"] == {"params": True, "optimizer": True, "metrics": True}


def test_a_run_told_to_end_keeps_its_losses(
    tmp_path: Path, data: Path, with_steps: Callable[[int], TrainSettings]
) -> None:
    """Ended between two lines of metrics it writes none, but saves the losses since the last."""
    asked = iter([False] * 10 + [True] * 9)
    summary = train(with_steps(24), Inputs((data,)), tmp_path, stop=lambda: next(asked))
    assert (summary.steps, summary.entries[-1]["step"]) == (10, 8)
    with open_checkpoints(tmp_path) as manager:
        assert manager.latest_step() == 10
        assert len(restore_losses(manager, 10)[0]) == 2
    assert train(with_steps(24), Inputs((data,)), tmp_path, stop=lambda: True).steps == 10
