from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import pytest

from gemsieve.model.checkpoints.about import CheckpointError
from gemsieve.model.checkpoints.forms import load
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.train import Summary, train
from gemsieve.model.training.watching import metrics
from gemsieve.model.training.watching.clock import Progress
from gemsieve.model.training.watching.record import TrainingError
from gemsieve.pipeline.manifest import ManifestError, verify

Finished = tuple[Path, Summary]


class Stop(Exception):  # noqa: N818 - an interruption is no error
    """Interrupt a run."""


def stop_at(step: int) -> Callable[[Progress], None]:
    """Return a watcher that interrupts at a recorded step."""

    def watch(progress: Progress) -> None:
        if progress.step >= step:
            raise Stop

    return watch


def same_params(one: Path, other: Path) -> bool:
    """Tell whether two runs' last parameters agree to the bit."""
    pairs = jax.tree.map(np.array_equal, load(one).params, load(other).params)
    return all(jax.tree.leaves(pairs))


def test_a_run_learns(finished: Finished) -> None:
    """Training and held-out loss fall well below the start's, which is near that of chance."""
    entries = finished[1].entries
    assert entries[0]["step"] == 1
    assert abs(entries[0]["loss"] - np.log(300)) < 1.0
    assert entries[-1]["loss"] < entries[0]["loss"] - 1.0
    held_out = [entry["held_out_loss"] for entry in entries if "held_out_loss" in entry]
    assert held_out[-1] < held_out[0] < entries[0]["loss"]


def test_a_run_repeats_to_the_bit(
    tmp_path: Path, data: Path, settings: TrainSettings, finished: Finished
) -> None:
    """The same data, settings and seed give the same metrics file and the same parameters."""
    train(settings, Inputs((data,)), tmp_path)
    same = (tmp_path / metrics.FILE_NAME, finished[0] / metrics.FILE_NAME)
    assert same[0].read_bytes() == same[1].read_bytes()
    assert same_params(tmp_path, finished[0])


@pytest.mark.parametrize("step", [4, 18])
def test_an_interrupted_run_resumes_to_the_bit(
    tmp_path: Path, data: Path, settings: TrainSettings, finished: Finished, step: int
) -> None:
    """Stopped before a checkpoint, or before the one due is written, it ends as if undisturbed."""
    with pytest.raises(Stop):
        train(settings, Inputs((data,)), tmp_path, stop_at(step))
    summary = train(settings, Inputs((data,)), tmp_path)
    assert summary.resumed_from == (step - 1) // 6 * 6
    assert summary.entries == finished[1].entries
    assert same_params(tmp_path, finished[0])


def test_a_finished_run_stays_as_it_is(
    data: Path, settings: TrainSettings, finished: Finished
) -> None:
    """Training again in a finished run's folder takes no step, however it would be computed."""
    other = dataclasses.replace(settings, execution=Execution(attention="dense", scan=True))
    for again in (settings, other):
        summary = train(again, Inputs((data,)), finished[0])
        assert summary.resumed_from == summary.steps == 24
        assert summary.entries == finished[1].entries


def test_a_checkpoint_names_where_it_comes_from(
    data: Path, settings: TrainSettings, finished: Finished
) -> None:
    """It carries the manifest's digest, the policy, the settings and the tokenizer's digest."""
    trained = load(finished[0])
    assert trained.step == 24
    assert trained.config == settings.model
    assert trained.about.manifest == verify(data).digest
    assert trained.about.policy == {"name": "test", "sha256": "0" * 64}
    assert trained.about.settings == dataclasses.asdict(settings)
    assert trained.about.tokenizer == trained.tokenizer.digest


def test_unverified_data_is_refused(tmp_path: Path, data: Path, settings: TrainSettings) -> None:
    """A missing manifest or a changed shard stops the run before it writes anything."""
    copy, run = tmp_path / "data", tmp_path / "run"
    shutil.copytree(data, copy)
    shard = next((copy / "kept").glob("*.parquet"))
    shard.write_bytes(shard.read_bytes() + b" ")
    with pytest.raises(ManifestError, match="changed after the job wrote it"):
        train(settings, Inputs((copy,)), run)
    (copy / "_MANIFEST.json").unlink()
    with pytest.raises(ManifestError, match=r"no _MANIFEST\.json"):
        train(settings, Inputs((copy,)), run)
    assert not run.exists()


def test_a_run_of_other_settings_is_not_resumed(
    data: Path, finished: Finished, with_steps: Callable[[int], TrainSettings]
) -> None:
    """A folder that holds another run is left alone, with an error that says what differs."""
    before = (finished[0] / metrics.FILE_NAME).read_bytes()
    with pytest.raises(CheckpointError, match="trained with another settings"):
        train(with_steps(30), Inputs((data,)), finished[0])
    assert (finished[0] / metrics.FILE_NAME).read_bytes() == before


def test_a_run_from_before_a_setting_existed_goes_on(
    tmp_path: Path, data: Path, settings: TrainSettings, finished: Finished
) -> None:
    """A checkpoint that lacks a setting is taken to have had its default."""
    shutil.copytree(finished[0], tmp_path / "run")
    (path,) = (tmp_path / "run" / "checkpoints" / "24" / "about").glob("metadata*")
    about = json.loads(path.read_text(encoding="utf-8"))
    del about["settings"]["optimizer"]["ema"]
    path.write_text(json.dumps(about), encoding="utf-8")
    (tmp_path / "run" / "checkpoints" / "24" / "digests.json").unlink()  # there were none then
    assert train(settings, Inputs((data,)), tmp_path / "run").resumed_from == 24


def test_another_tokenizer_is_not_sampled_with(tmp_path: Path, finished: Finished) -> None:
    """A tokenizer that changed after training makes the checkpoint unreadable."""
    shutil.copytree(finished[0], tmp_path / "run")
    path = tmp_path / "run" / "tokenizer.model"
    path.write_bytes(path.read_bytes() + b"\x1a\x00")
    with pytest.raises(CheckpointError, match="tokenizer"):
        load(tmp_path / "run")


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    """Loading from a folder that holds no run is an error that says what writes one."""
    with pytest.raises(CheckpointError, match="`gemsieve train` writes one"):
        load(tmp_path)


def test_a_loss_that_is_no_number_stops_the_run(
    tmp_path: Path, data: Path, settings: TrainSettings
) -> None:
    """A diverged run raises an error and leaves no checkpoint of it."""
    wild = dataclasses.replace(
        settings,
        optimizer=dataclasses.replace(settings.optimizer, learning_rate=1e30, warmup_steps=0),
    )
    with pytest.raises(TrainingError, match=r"lower optimizer\.learning_rate"):
        train(wild, Inputs((data,)), tmp_path)
    with pytest.raises(CheckpointError, match="no checkpoint was finished"):
        load(tmp_path)
