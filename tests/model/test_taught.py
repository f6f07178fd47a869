"""A student with a teacher, through the command: asked in every step, or beforehand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gemsieve.cli import main
from gemsieve.model.checkpoints.about import CheckpointError
from gemsieve.model.checkpoints.forms import load
from gemsieve.model.tokenizer import FILE_NAME, train_tokenizer
from gemsieve.model.training.distillation.distil import DistillationSettings
from gemsieve.model.training.distillation.lessons import NAME, LessonsError, read_lessons
from gemsieve.model.training.distillation.teach import teach
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.settings import TrainSettings, read_settings
from gemsieve.model.training.task import make_task
from gemsieve.model.training.train import Summary, train
from gemsieve.model.training.watching import metrics

WORDS = 300
STUDENT = """
[model]
size = "test"
vocab_size = 300
num_layers = 1
[data]
sequence_length = 32
held_out_every = 20
[optimizer]
learning_rate = 0.01
warmup_steps = 1
[train]
steps = 6
log_every = 1
evaluate_every = 3
checkpoint_every = 6
[execution]
attention = "dense"
"""


@pytest.fixture(scope="module")
def teacher(finished: tuple[Path, Summary]) -> Path:
    """Return a trained model."""
    return finished[0]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the settings of a student, smaller than its teacher."""
    path = tmp_path_factory.mktemp("student") / "student.toml"
    path.write_text(STUDENT)
    return path


def student_of(teacher: Path, config: Path, data: Path, run: Path, *settings: str) -> Path:
    """Train a student by the command; return its run."""
    words = [str(config), "--data", str(data), "--output", str(run), "--teacher", str(teacher)]
    sets = [word for setting in settings for word in ("--set", setting)]
    assert main(["train", *words, *sets]) == 0
    return run


@pytest.fixture(scope="module")
def student(
    tmp_path_factory: pytest.TempPathFactory, teacher: Path, config: Path, data: Path
) -> Path:
    """Return a run whose teacher was asked in every step."""
    return student_of(teacher, config, data, tmp_path_factory.mktemp("runs") / "student")


@pytest.fixture(scope="module")
def taught(
    tmp_path_factory: pytest.TempPathFactory, teacher: Path, config: Path, data: Path
) -> Path:
    """Return what the teacher says of all its student's rows: of every token in the vocabulary."""
    folder = tmp_path_factory.mktemp("taught") / "lessons"
    words = [str(config), "--data", str(data), "--teacher", str(teacher), "--output", str(folder)]
    assert main(["teach", *words, "--set", f"distillation.likeliest={WORDS}"]) == 0
    return folder


def test_a_student_learns_from_a_teacher(student: Path, teacher: Path) -> None:
    """It has its teacher's words, comes nearer to it, and tells whom it learned from."""
    assert (student / FILE_NAME).read_bytes() == (teacher / FILE_NAME).read_bytes()
    entries = metrics.read(student)
    assert entries[-1]["loss"] < entries[0]["loss"]
    assert entries[-1]["held_out_loss"] < entries[2]["held_out_loss"]
    about = load(student).about
    assert about.warning is None
    assert about.settings["teacher"]["manifest"] == load(teacher).about.manifest
    assert len(about.settings["teacher"]["parameters"]) == 64


def test_a_run_goes_on_with_its_teacher_alone(student: Path, config: Path, data: Path) -> None:
    """Without a teacher, or with another, a finished run is not gone on with."""
    settings = read_settings(config)
    for teacher in (None, student):
        with pytest.raises(CheckpointError, match="trained with another teacher"):
            train(settings, Inputs((data,), teacher=teacher), student)


def test_what_was_written_teaches_as_the_teacher_does(
    tmp_path: Path, student: Path, taught: Path, config: Path, data: Path
) -> None:
    """A known answer: a list of all tokens is the whole distribution, row for row.

    Losses are alike but for the rounding of log probabilities to 11 bits; of other rows, or another
    context than the student's, they would not be.
    """
    whole = f"distillation.likeliest={WORDS}"
    other = metrics.read(student_of(taught, config, data, tmp_path / "run", whole))
    for ours, theirs in zip(metrics.read(student), other, strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=2e-3)
    assert (
        load(tmp_path / "run").about.settings["teacher"] == load(student).about.settings["teacher"]
    )


def test_a_killed_teacher_goes_on(
    tmp_path: Path, teacher: Path, taught: Path, config: Path, data: Path
) -> None:
    """Files that are whole stay; the rest comes out as it would have."""
    settings = settings_of(config, likeliest=3)
    inputs = Inputs((data,), teacher=teacher)

    def killed(done: int, _: int) -> None:
        if done == 40:
            raise KeyboardInterrupt

    def written(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    teach(settings, inputs, tmp_path / "whole", rows_per_file=20)
    with pytest.raises(KeyboardInterrupt):
        teach(settings, inputs, tmp_path / "two", killed, rows_per_file=20)
    with pytest.raises(LessonsError, match="was begun with other"):
        teach(settings_of(config, likeliest=4), inputs, tmp_path / "two")
    before = (tmp_path / "two/lessons/00000.array_record").stat().st_mtime_ns
    teach(settings, inputs, tmp_path / "two", rows_per_file=20)
    assert (tmp_path / "two/lessons/00000.array_record").stat().st_mtime_ns == before
    assert written(tmp_path / "whole") == written(tmp_path / "two")
    with pytest.raises(LessonsError, match="name a new folder"):
        teach(settings, inputs, tmp_path / "two")


def test_lessons_serve_the_rows_that_they_were_taught_on_alone(
    tmp_path: Path, taught: Path, config: Path, data: Path
) -> None:
    """Other settings are refused, and rows in another order as soon as one is read."""
    inputs = Inputs((data,), teacher=taught)
    with pytest.raises(ValueError, match="needs the teacher itself"):
        make_task(settings_of(config, on_policy=0.5), inputs, tmp_path / "run")
    with pytest.raises(LessonsError, match="likeliest 300, and this run has 3: give"):
        make_task(settings_of(config, likeliest=3), inputs, tmp_path / "run")
    settings = settings_of(config, likeliest=WORDS)
    rows: Any = make_task(settings, inputs, tmp_path / "run").rows
    assert rows[5]["taught_rest"].shape == (32,)
    other = replace(settings, data=replace(settings.data, shuffle_seed=1))
    rows = make_task(other, inputs, tmp_path / "run").rows
    with pytest.raises(LessonsError, match="lessons of other rows"):
        rows[5]


def spoil(folder: Path) -> None:
    """Change a byte of what was taught."""
    path = next((folder / "lessons").iterdir())
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (spoil, "missing or changed"),
        (lambda folder: next((folder / "lessons").iterdir()).unlink(), "missing or changed"),
        (lambda folder: (folder / NAME).write_text("{"), "damaged"),
    ],
)
def test_spoilt_lessons_are_refused(
    tmp_path: Path, taught: Path, change: Callable[[Path], None], told: str
) -> None:
    """Whatever was changed after it was written is named."""
    folder = tmp_path / "lessons"
    shutil.copytree(taught, folder)
    change(folder)
    with pytest.raises(LessonsError, match=told):
        read_lessons(folder)


def test_a_teacher_must_fit_its_student(
    tmp_path: Path, teacher: Path, texts: list[str], config: Path, data: Path
) -> None:
    """Another tokenizer, another vocabulary, or no teacher at all: said before a step is taken."""
    settings, inputs = settings_of(config), Inputs((data,), teacher=teacher)
    train_tokenizer(texts[:80], WORDS, 1_000_000).write(tmp_path / "other" / FILE_NAME)
    with pytest.raises(CheckpointError, match="another tokenizer than this run"):
        make_task(settings, inputs, tmp_path / "other")
    wider = replace(settings, model=replace(settings.model, vocab_size=320))
    with pytest.raises(CheckpointError, match="knows 300 tokens and the student 320"):
        make_task(wider, inputs, tmp_path / "run")
    with pytest.raises(ValueError, match="kind must be 'chat'"):
        make_task(settings_of(config, on_policy=0.5), inputs, tmp_path / "run")
    with pytest.raises(ValueError, match="name one by --teacher"):
        make_task(settings_of(config, share=0.5), Inputs((data,)), tmp_path / "run")


def settings_of(config: Path, **distillation: Any) -> TrainSettings:
    """Return the student's settings, with some of how it learns."""
    settings = read_settings(config)
    return replace(settings, distillation=DistillationSettings(**distillation))
