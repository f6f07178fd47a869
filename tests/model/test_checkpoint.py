"""A run's checkpoints: saved beside the loop, kept by age and by loss, used only if whole."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemsieve.model.checkpoints.about import About, CheckpointError
from gemsieve.model.checkpoints.checkpoint import FOLDER, open_checkpoints, restore, save
from gemsieve.model.checkpoints.forms import open_model
from gemsieve.model.checkpoints.kept import best_first
from gemsieve.model.checkpoints.whole import MODEL, NAME, last_whole, steps_in
from gemsieve.model.training.train import Summary
from gemsieve.model.training.watching import metrics

ABOUT = About({"model": {}}, "m", {}, "t", "0")
LOSSES = {2: 3.0, 3: 1.0, 4: 2.0, 6: 2.5}


@partial(jax.jit, donate_argnums=0)
def step(tree: dict[str, jax.Array]) -> dict[str, jax.Array]:
    """Change every number, in the place of the old ones."""
    return {name: leaf + 1 for name, leaf in tree.items()}


@pytest.fixture(scope="module")
def finished_saves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of six steps: some have a held-out loss, each step reuses the last's arrays."""
    run = tmp_path_factory.mktemp("runs") / "run"
    run.mkdir()
    tree = {"w": jnp.zeros((300, 1000)), "b": jnp.zeros(3)}
    with open_checkpoints(run, keep=2, best=1) as manager:
        for number in range(1, 7):
            tree = step(tree)
            held_out = {"held_out_loss": LOSSES[number]} if number in LOSSES else {}
            metrics.append(run, {"step": number, "loss": 1.0} | held_out)
            save(manager, number, tree, {"memory": tree["b"]}, ABOUT)
    return run


def test_the_latest_and_the_best_are_kept(finished_saves: Path) -> None:
    """The last two stay, and the one of the lowest held-out loss; a step without one is no best."""
    assert steps_in(finished_saves / FOLDER) == [3, 5, 6]
    assert best_first(finished_saves, [3, 5, 6]) == [3, 6]


def test_a_save_holds_what_it_was_given(finished_saves: Path) -> None:
    """Steps that go on in the same memory while a save is written do not reach it."""
    like = {"params": {"w": np.zeros((300, 1000), np.float32), "b": np.zeros(3, np.float32)}}
    with open_checkpoints(finished_saves) as manager:
        for number in (3, 5, 6):
            for leaf in jax.tree.leaves(restore(manager, number, **like)):
                np.testing.assert_array_equal(leaf, float(number))


def largest(folder: Path) -> Path:
    """Return the largest file under a folder."""
    return max((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)


def cut(checkpoint: Path) -> None:
    """Take the last byte of a file."""
    path = largest(checkpoint / "params")
    path.write_bytes(path.read_bytes()[:-1])


def flip(checkpoint: Path) -> None:
    """Change a byte in a file's middle."""
    path = largest(checkpoint / "params")
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


def lose(checkpoint: Path) -> None:
    """Take an item away."""
    shutil.rmtree(checkpoint / "about")


def garble(checkpoint: Path) -> None:
    """Cut the digests themselves."""
    (checkpoint / NAME).write_text((checkpoint / NAME).read_text()[:-9])


@pytest.mark.parametrize(
    ("damage", "told"),
    [(cut, "bytes, not"), (flip, "has changed"), (lose, "is missing"), (garble, "malformed")],
)
def test_a_damaged_checkpoint_is_skipped(
    tmp_path: Path,
    finished_saves: Path,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], None],
    told: str,
) -> None:
    """Cut, changed, partial or unvouched for, it is named in a warning and set aside on resuming.

    The one before it is used; where none is left, an error says which were tried, and why not.
    """
    folder = shutil.copytree(finished_saves, tmp_path / "run") / FOLDER
    damage(folder / "6")
    with caplog.at_level(logging.WARNING, "gemsieve"):
        assert last_whole(folder, MODEL) == 5
    (line,) = [record.getMessage() for record in caplog.records]
    assert str(folder / "6") in line
    assert told in line
    assert line.endswith("using step 5 instead")
    with open_checkpoints(tmp_path / "run", keep=2) as manager:
        assert manager.latest_step() == 5
        assert (folder / "6.damaged").is_dir()
        save(manager, 6, {"w": jnp.zeros(1)}, None, ABOUT)
    assert last_whole(folder) == 6
    for number in steps_in(folder):
        damage(folder / str(number))
    with pytest.raises(CheckpointError, match=rf"6 is damaged.*{told}.*no checkpoint .* is whole"):
        last_whole(folder)


def test_what_a_kill_leaves_is_no_checkpoint(tmp_path: Path, finished_saves: Path) -> None:
    """A draft is neither used nor kept, and an item that is not asked for is not looked at."""
    run = shutil.copytree(finished_saves, tmp_path / "run")
    folder = run / FOLDER
    (folder / "7.orbax-checkpoint-tmp" / "params").mkdir(parents=True)
    shutil.rmtree(folder / "6" / "optimizer")
    assert last_whole(folder, MODEL) == 6
    with open_checkpoints(run, keep=2) as manager:
        assert manager.latest_step() == 5
    assert not list(folder.glob("7*"))


def test_a_checkpoint_without_digests_is_taken_as_it_is(
    tmp_path: Path, finished_saves: Path
) -> None:
    """One from before there were digests is used; they say nothing of the folder's top."""
    folder = shutil.copytree(finished_saves, tmp_path / "run") / FOLDER
    assert all("/" in name for name in json.loads((folder / "6" / NAME).read_bytes()))
    (folder / "6" / NAME).unlink()
    assert last_whole(folder) == 6


def test_a_reader_names_the_checkpoint(tmp_path: Path, finished: tuple[Path, Summary]) -> None:
    """The last, the best or a step; what is not there or damaged is an error that says what is.

    Without a name a damaged one is passed over.
    """
    run = shutil.copytree(finished[0], tmp_path / "run")
    assert [open_model(run, at=at).step for at in ("last", "best", "18")] == [24, 24, 18]
    with pytest.raises(CheckpointError, match="no checkpoint '7': there is last, best, 18, 24"):
        open_model(run, at="7")
    flip(run / FOLDER / "24")
    assert open_model(run).step == 18
    with pytest.raises(CheckpointError, match=r"24 is damaged: .*name another checkpoint"):
        open_model(run, at="best")
    (run / metrics.FILE_NAME).unlink()
    with pytest.raises(CheckpointError, match="no checkpoint's held-out loss is known"):
        open_model(run, at="best")
    (tmp_path / "other").mkdir()
    with pytest.raises(CheckpointError, match="no run of ours"):
        open_model(tmp_path / "other", at="best")
