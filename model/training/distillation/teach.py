"""Asking a teacher once, for many students: its likeliest next tokens of each row, to files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any

import jax
import numpy as np

from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.sharding import make_mesh
from gemsieve.model.gemma.stacked import stack
from gemsieve.model.gemma.transformer import Params, Transformer
from gemsieve.model.tokenizer import FILE_NAME
from gemsieve.model.training.chunked_loss import capped_logits, in_chunks
from gemsieve.model.training.data.rows import Row, in_order
from gemsieve.model.training.data.tokens import SUFFIX, write_records
from gemsieve.model.training.distillation.distil import DistillationSettings, Listed, likeliest
from gemsieve.model.training.distillation.lessons import (
    NAME,
    Lessons,
    LessonsError,
    encode,
    sources_of,
)
from gemsieve.model.training.distillation.teacher import (
    Teacher,
    Words,
    read_teacher,
    refuse_strangers,
    teachers_execution,
)
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.loss import Batch, features
from gemsieve.model.training.pretrain import pretrain
from gemsieve.model.training.settings import TrainSettings
from gemsieve.pipeline.manifest import sha256_of
from gemsieve.pipeline.storage import write_atomically

# From a batch to what the teacher says of each token.
Ask = Callable[[Batch], Listed]
# What is begun; it becomes `NAME` when all files are there.
_BEGUN = "_TEACHING.json"
# Rows of a file, unless told: what a killed attempt may have to do again.
ROWS = 512


def teach(
    settings: TrainSettings,
    inputs: Inputs,
    folder: Path,
    watch: Callable[[int, int], None] = lambda _, __: None,
    *,
    rows_per_file: int = ROWS,
) -> Lessons:
    """Ask `inputs.teacher` of every row that a run would train on, and write what it says.

    A killed attempt goes on behind its last whole file. Equal input gives equal bytes on one type
    of CPU, interrupted or not.

    Args:
        settings: Those of the run to come: rows, `distillation.likeliest` and `.temperature`.
        inputs: Those of the run to come.
        folder: A new folder, or what a killed attempt left.
        watch: Called with the rows that are done and all there are.
        rows_per_file: How many rows a file holds.

    Raises:
        LessonsError: The folder holds something else, or finished lessons, or what was begun with
            other settings; no number of tokens is set, or no teacher is named; or it is no text
            that is to be learned.
        CheckpointError: There is no teacher, or it does not fit the run.
        ManifestError, TokensError, ValueError: As of `pretrain`.
    """
    _refuse(settings, folder)
    with jax.set_mesh(make_mesh(**asdict(settings.mesh))):
        begun, rows, ask = _begun(settings, inputs, folder, rows_per_file)
        files = {}
        for first in range(0, begun.rows, rows_per_file):
            path = folder / "lessons" / f"{first // rows_per_file:05d}{SUFFIX}"
            some = list(islice(rows, rows_per_file))
            if not path.exists():
                write_records(path, _records(some, settings.train.batch_size, ask, begun.ids))
            files[path.relative_to(folder).as_posix()] = sha256_of(path)
            watch(first + len(some), begun.rows)
    done = replace(begun, files=files)
    write_atomically(folder / NAME, done.content)
    (folder / _BEGUN).unlink()
    return done


def _refuse(settings: TrainSettings, folder: Path) -> None:
    """Raise LessonsError for settings that nothing is taught with, or a folder of other things."""
    if not settings.distillation.likeliest:
        raise LessonsError("set distillation.likeliest, how many tokens are written of each place")
    if settings.task.kind != "pretrain":
        raise LessonsError("only rows of text are taught beforehand: give chats a --teacher itself")
    strangers = {path.name for path in folder.glob("*")} - {FILE_NAME, _BEGUN, "lessons"}
    if strangers:
        raise LessonsError(f"{folder}: holds {min(strangers)}; name a new folder")


def _begun(
    settings: TrainSettings, inputs: Inputs, folder: Path, rows_per_file: int
) -> tuple[Lessons, Iterator[Row], Ask]:
    """Return what is to be taught, its rows, and who is asked; the first is noted in the folder.

    Raises:
        LessonsError: No teacher is named, or an earlier attempt was to teach something else.
    """
    if inputs.teacher is None:
        raise LessonsError("name a teacher")
    teacher = read_teacher(inputs.teacher, settings.execution)
    teacher.tokenizer.write(folder / FILE_NAME)
    task = pretrain(settings, inputs, folder)
    student = Words(task.about.tokenizer, settings.model.vocab_size)
    refuse_strangers(inputs.teacher, teacher.words, student)
    parts = sources_of(task.rows)
    lessons = Lessons(
        folder=folder,
        manifest=task.about.manifest,
        tokenizer=student.tokenizer,
        teacher=teacher.told,
        vocab_size=student.vocab_size,
        likeliest=settings.distillation.likeliest,
        temperature=settings.distillation.temperature,
        rows=sum(map(len, parts)),
        rows_per_file=rows_per_file,
        length=settings.data.sequence_length,
        files={},
    )
    path = folder / _BEGUN
    if path.exists() and path.read_bytes() != lessons.content:
        raise LessonsError(
            f"{folder}: was begun with other settings, data or teacher; name another"
        )
    write_atomically(path, lessons.content)
    (folder / "lessons").mkdir(exist_ok=True)
    rows = (part[place] for part in parts for place in range(len(part)))
    return lessons, rows, _asking(settings, teacher)


def _asking(settings: TrainSettings, teacher: Teacher) -> Ask:
    """Return the function that asks a teacher."""
    execution = teachers_execution(settings.execution)
    ask = _compiled(teacher.config, execution, settings.distillation)
    return partial(ask, stack(teacher.params) if execution.scan else teacher.params)


@cache
def _compiled(
    config: GemmaConfig, execution: Execution, told: DistillationSettings
) -> Callable[[Params, Batch], Listed]:
    """Return the function from a teacher's parameters and a batch to what it says."""
    model = Transformer(config, execution.precision, execution)

    def ask(params: Params, batch: Batch) -> Listed:
        def of(x: jax.Array) -> Listed:
            logits = capped_logits(config.final_logit_softcap, x, params["embedding"])
            return likeliest(logits / told.temperature, told.likeliest)

        listed: Listed = in_chunks(execution.loss_tokens, of, features(model, params, batch))
        return listed

    compiled: Callable[[Params, Batch], Listed] = jax.jit(ask)
    return compiled


def _records(rows: list[Row], batch_size: int, ask: Ask, ids: np.dtype[Any]) -> Iterator[bytes]:
    """Yield the records of some rows."""
    waiting = iter(rows)
    for batch in in_order(rows, batch_size, len(rows)):
        answers = zip(*jax.device_get(ask(batch)), strict=True)
        # Answers first: what they lack no row is taken for.
        for answer, row in zip(answers, waiting, strict=False):
            yield encode(row, ids, *answer)
