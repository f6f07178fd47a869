from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from gemsieve.cli import main
from gemsieve.model.profile import StepTrace, trace
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.train import Summary, train


def events(folder: Path) -> list[dict[str, Any]]:
    """Read the one trace under a folder as Perfetto does: XProf's file is beside it."""
    (binary,) = folder.rglob("*.xplane.pb")
    assert binary.stat().st_size
    (written,) = folder.rglob("perfetto_trace.json.gz")
    with gzip.open(written) as file:
        listed: list[dict[str, Any]] = json.load(file)["traceEvents"]
    return listed


def steps(folder: Path) -> list[int]:
    """Return the numbers of the steps in a trace."""
    named = [event for event in events(folder) if event.get("name") == "step"]
    return sorted(int(event["args"]["step_num"]) for event in named)


def test_a_trace_names_what_was_compiled(tmp_path: Path) -> None:
    """The operations of a jitted function that ran inside are in the trace, by its name."""

    @jax.jit
    def sieve_of_the_test(x: jax.Array) -> jax.Array:
        return x @ x

    with trace(tmp_path):
        sieve_of_the_test(jnp.ones((64, 64))).block_until_ready()
    assert any("sieve_of_the_test" in json.dumps(event) for event in events(tmp_path))


@pytest.mark.parametrize(("run", "traced"), [(2, [1]), (4, [1, 2, 3]), (6, [1, 2, 3])])
def test_a_loop_is_traced_from_its_second_step(run: int, traced: list[int], tmp_path: Path) -> None:
    """Three steps at most are traced, the first is not, and every call's result comes back."""
    with StepTrace(tmp_path) as loop:
        assert [loop.step(jnp.square, n).item() for n in range(run)] == [n**2 for n in range(run)]
    assert steps(tmp_path) == traced


def test_a_loop_of_one_step_says_that_nothing_was_traced(tmp_path: Path) -> None:
    """A missing trace is an error, but does not hide one of the loop's own."""
    with pytest.raises(ValueError, match="no trace was written"), StepTrace(tmp_path) as loop:
        loop.step(jnp.square, 1)
    with pytest.raises(ZeroDivisionError), StepTrace(tmp_path):
        _ = 1 / 0


def test_a_training_run_is_traced_and_not_changed(
    settings: TrainSettings, data: Path, finished: tuple[Path, Summary], tmp_path: Path
) -> None:
    """The metrics of a traced run are those of the same run without a trace."""
    traced = train(settings, Inputs((data,)), tmp_path / "run", profile=tmp_path / "trace")
    assert traced.entries == finished[1].entries
    assert steps(tmp_path / "trace") == [1, 2, 3]


def test_sampling_is_traced_and_not_changed(
    finished: tuple[Path, Summary], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a trace the same text is written, once, and reading and writing are in the trace."""
    command = ["sample", str(finished[0]), "--unguarded", "--max-tokens", "3", "--n", "2"]
    assert main(command) == 0
    alone = capsys.readouterr().out
    assert main([*command, "--profile", str(tmp_path)]) == 0
    assert capsys.readouterr().out == alone
    told = json.dumps(events(tmp_path))
    assert "jit_read" in told
    assert "jit_advance" in told
