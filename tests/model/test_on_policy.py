"""A student's own answers: where they stand, in which steps, and the same ones again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from gemsieve.model.checkpoints.about import About
from gemsieve.model.checkpoints.checkpoint import write_model
from gemsieve.model.checkpoints.placement import in_place
from gemsieve.model.gemma.sharding import make_mesh
from gemsieve.model.gemma.transformer import initialise
from gemsieve.model.tokenizer import Tokenizer
from gemsieve.model.training.data.order import batches
from gemsieve.model.training.data.rows import Array
from gemsieve.model.training.distillation.distil import DistillationSettings
from gemsieve.model.training.distillation.on_policy import is_own, with_answers
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.settings import TrainSettings, settings_from
from gemsieve.model.training.task import make_task
from gemsieve.model.training.train import train

END = 9


def test_answers_take_the_room_of_those_before_them() -> None:
    """Prompts stay; an answer is learned up to its end, at most as long as the chat was.

    The first row holds a chat of prompt 1, 2, 3, answered by 4, 5, 9, and one of 1, 6, answered by
    7, 9; the second one chat whose prompt fills the context, which is left out.
    """
    batch = {
        "tokens": np.array([[1, 2, 3, 4, 5, 1, 6, 7], [1, 2, 2, 2, 2, 2, 2, 2]]),
        "targets": np.array([[2, 3, 4, 5, 9, 6, 7, 9], [2, 2, 2, 2, 2, 2, 2, 3]]),
        "segments": np.array([[1, 1, 1, 1, 1, 2, 2, 2], [1, 1, 1, 1, 1, 1, 1, 1]]),
        "weights": np.array([[0, 0, 1, 1, 1, 0, 1, 1], [0, 0, 0, 0, 0, 0, 0, 1]], np.float32),
    }

    def write(prompts: Sequence[Array], rooms: Sequence[int]) -> list[list[int]]:
        assert [prompt.tolist() for prompt in prompts] == [[1, 2, 3], [1, 6]]
        assert rooms == [3, 2]
        return [[7, END, 8], [5, 5]]

    new = with_answers(batch, write, [END], limit=8)
    assert new["targets"][0].tolist() == [2, 3, 7, END, 9, 6, 5, 5]
    assert new["tokens"][0].tolist() == [1, 2, 3, 7, 5, 1, 6, 5]
    assert new["weights"].tolist() == [[0, 0, 1, 1, 0, 0, 1, 1], [0] * 8]
    assert batch["weights"].sum() == 6, "the batch itself is changed"


@pytest.mark.parametrize("share", [0.0, 0.25, 0.3, 1.0])
def test_own_steps_are_spread_evenly(share: float) -> None:
    """Of any number of first steps, the share of them, rounded down."""
    own = [is_own(step, share) for step in range(40)]
    assert all(sum(own[:n]) == int(n * share) for n in range(40))


@pytest.fixture(scope="module")
def inputs(
    tmp_path_factory: pytest.TempPathFactory, settings: TrainSettings, tokenizer: Tokenizer
) -> Inputs:
    """Return chats, a student to begin with and a teacher, neither trained yet."""
    folder = tmp_path_factory.mktemp("own")
    config = replace(settings.model, num_layers=1)
    about = About({"model": asdict(config)}, "2" * 64, {}, tokenizer.digest, "0")
    for seed, name in enumerate(("student", "teacher")):
        write_model(folder / name, initialise(config, seed), about, tokenizer)
    asked = [("river", "old mills"), ("stones", "quiet"), ("fields to sea", "bright stones")] * 4
    lines = [
        json.dumps({"messages": [{"role": "user", "content": a}, {"role": "model", "content": b}]})
        for a, b in asked
    ]
    (folder / "chats.jsonl").write_text("\n".join(lines))
    teacher, student = folder / "teacher", folder / "student"
    return Inputs((folder / "chats.jsonl",), init=student, teacher=teacher, unverified=True)


def chat_settings(settings: TrainSettings, **distillation: Any) -> TrainSettings:
    """Return the settings of a short run on chats."""
    tables = {
        "task": {"kind": "chat"},
        "data": {"sequence_length": 40, "held_out_every": 4},
        "optimizer": {"learning_rate": 0.01, "warmup_steps": 1},
        "train": {"steps": 1, "batch_size": 2},
        "execution": {"attention": "dense"},  # the least to compile
    }
    student = replace(settings.model, num_layers=1)
    return replace(
        settings_from(tables), model=student, distillation=DistillationSettings(**distillation)
    )


def test_a_run_learns_from_its_own_answers(
    tmp_path: Path, settings: TrainSettings, inputs: Inputs
) -> None:
    """A known answer: the first loss is that of the batch with what the student draws then.

    Equal steps of equal students draw equally, other steps otherwise; some draw nothing.
    """
    half, every = (chat_settings(settings, on_policy=share) for share in (0.5, 1.0))
    with jax.set_mesh(make_mesh(1, 1, 1)):  # as a run has it, or all is traced once more
        task, always = (make_task(which, inputs, tmp_path / "run") for which in (half, every))
        assert task.rewrite
        assert always.rewrite
        batch = batches(task.rows, half.train.batch_size, half.data.shuffle_seed)[0]
        student = task.start(in_place(task.shapes))
        assert task.rewrite(0, student, task.fixed, batch) is batch
        own = [task.rewrite(step, student, task.fixed, batch) for step in (1, 1, 3)]
        first = always.rewrite(0, student, always.fixed, batch)
        expected = float(jax.jit(always.loss)(student, always.fixed, first))
    same = [np.array_equal(own[0]["targets"], other["targets"]) for other in (*own, batch)]
    assert same == [True, True, False, False]
    found = train(every, inputs, tmp_path / "run").entries[0]["loss"]
    assert found == pytest.approx(expected, rel=1e-4)


def test_it_asks_for_one_device_and_nothing_but_the_teacher(
    tmp_path: Path, settings: TrainSettings, inputs: Inputs
) -> None:
    """A mesh has no sampler, and a student's own words are no example to it."""
    own = chat_settings(settings, on_policy=1.0)
    spread = replace(own, mesh=replace(own.mesh, data=2))
    with pytest.raises(ValueError, match="works on one device"):
        make_task(spread, inputs, tmp_path / "run")
    with pytest.raises(ValueError, match="on_policy needs share = 1"):
        DistillationSettings(on_policy=0.5, share=0.5)
