"""A task with a teacher: its rows, its start and its measure, and another loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp

from gemsieve.model.checkpoints.origin import TEACHER, descending
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.stacked import stack
from gemsieve.model.gemma.transformer import Params, Transformer
from gemsieve.model.tokenizer import FILE_NAME, Tokenizer
from gemsieve.model.training.distillation.distil import DistillationSettings, Listed
from gemsieve.model.training.distillation.lessons import COLUMNS, NAME, read_lessons, with_lessons
from gemsieve.model.training.distillation.taught_loss import Asked, Lesson, Teaching
from gemsieve.model.training.distillation.teacher import (
    Words,
    read_teacher,
    refuse_strangers,
    teachers_execution,
)
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.loss import Batch, Loss, Measures, Whole, features, mean_loss
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.task import Rewrite, Task


def share_tokenizer(inputs: Inputs, run: Path) -> None:
    """Give a run that would learn a tokenizer of its own its teacher's."""
    given = inputs.tokens or inputs.init or (run / FILE_NAME).exists()
    path = inputs.teacher and inputs.teacher / FILE_NAME
    if path and path.exists() and not given:
        Tokenizer.read(path).write(run / FILE_NAME)


def distilled(task: Task, settings: TrainSettings, teacher: Path | None) -> Task:
    """Return a task whose loss is, as settings share it out, to say what a teacher says.

    What is measured stays what it was: the next token's loss.

    Args:
        task: What is to be learned.
        settings: The run's.
        teacher: A model, kept in memory and asked in every step; or what `gemsieve teach` wrote;
            None for the task as it is.

    Raises:
        CheckpointError: There is no teacher, or it has another tokenizer or vocabulary.
        LessonsError: What is written there is not finished, was changed, or is of other rows or
            settings.
        ValueError: Settings and teacher do not go together.
    """
    if teacher is None:
        if settings.distillation != DistillationSettings():
            raise ValueError("[distillation] is how to learn from a teacher: name one by --teacher")
        return task
    if settings.task.kind == "preference":
        raise ValueError(
            "task.kind 'preference' learns from pairs of answers, not from a --teacher"
        )
    if (teacher / NAME).exists():
        if settings.distillation.on_policy:
            raise ValueError("distillation.on_policy needs the teacher itself, not what it wrote")
        return _listed(task, settings, teacher)
    found = read_teacher(teacher, settings.execution)
    refuse_strangers(teacher, found.words, _words(task, settings))
    params = found.params
    if settings.execution.scan:
        params = stack(params)
    return replace(
        task,
        fixed={"task": task.fixed, "teacher": params},
        loss=_asking_loss(_Student.of(settings, task.whole), found.config),
        measure=_inner(task.measure),
        about=descending(task.about, TEACHER, found.told),
        rewrite=_own_words(task, settings, found.tokenizer),
    )


def _own_words(task: Task, settings: TrainSettings, tokenizer: Tokenizer) -> Rewrite | None:
    """Return what puts the student's own answers into batches, where it is asked for."""
    share = settings.distillation.on_policy
    if not share:
        return None
    if settings.task.kind != "chat":
        raise ValueError("distillation.on_policy answers chats: task.kind must be 'chat'")
    if math.prod(asdict(settings.mesh).values()) > 1:
        raise ValueError("distillation.on_policy works on one device: leave [mesh] out")
    from gemsieve.model.training.distillation.on_policy import rewriting

    return rewriting(settings.model, tokenizer, task.whole, share)


def _listed(task: Task, settings: TrainSettings, folder: Path) -> Task:
    """Return the task with what a teacher wrote down."""
    lessons = read_lessons(folder)
    lessons.refuse(task, settings.distillation)
    refuse_strangers(folder, lessons.words, _words(task, settings))
    return replace(
        task,
        rows=with_lessons(task.rows, lessons),
        loss=_listed_loss(_Student.of(settings, task.whole)),
        about=descending(task.about, TEACHER, lessons.teacher),
    )


def _words(task: Task, settings: TrainSettings) -> Words:
    """Return what the student speaks."""
    return Words(task.about.tokenizer, settings.model.vocab_size)


class _Student(NamedTuple):
    """Fix what a student's loss is compiled for."""

    config: GemmaConfig
    execution: Execution
    z_loss: float
    settings: DistillationSettings
    whole: Whole

    @classmethod
    def of(cls, settings: TrainSettings, whole: Whole) -> _Student:
        """Return what is fixed by a run's settings."""
        z_loss, distillation = settings.optimizer.z_loss, settings.distillation
        return cls(settings.model, settings.execution, z_loss, distillation, whole)

    def teaching(self, teacher: GemmaConfig | None = None) -> Teaching:
        """Return the kind of loss, with a teacher of this shape if it is in memory."""
        return Teaching(
            self.config.final_logit_softcap,
            self.z_loss,
            self.execution.loss_tokens,
            self.settings,
            None if teacher is None else teacher.final_logit_softcap,
        )


@cache
def _asking_loss(student: _Student, teacher: GemmaConfig) -> Loss:
    """Return the loss of a student whose teacher is in memory."""
    model = Transformer(student.config, student.execution.precision, student.execution)
    aside = teachers_execution(student.execution)
    other = Transformer(teacher, aside.precision, aside)
    teaching = student.teaching(teacher)

    def loss(trained: Params, fixed: Params, batch: Batch) -> jax.Array:
        params = student.whole(trained, fixed["task"])
        asked = Asked(jax.lax.stop_gradient(features(other, fixed["teacher"], batch)))
        embedding = fixed["teacher"]["embedding"].astype(asked.x.dtype)
        lesson = Lesson(jnp.asarray(batch["targets"]), asked)
        return mean_loss(teaching, model, params, batch, lesson, embedding)

    return loss


@cache
def _listed_loss(student: _Student) -> Loss:
    """Return the loss of a student whose rows tell what the teacher said of them."""
    model = Transformer(student.config, student.execution.precision, student.execution)
    teaching = student.teaching()

    def loss(trained: Params, fixed: Params, batch: Batch) -> jax.Array:
        params = student.whole(trained, fixed)
        listed = Listed(*(jnp.asarray(batch[name]) for name in COLUMNS))
        lesson = Lesson(jnp.asarray(batch["targets"]), listed)
        return mean_loss(teaching, model, params, batch, lesson)

    return loss


@cache
def _inner(measure: Measures) -> Measures:
    """Return a task's own measures, beside whose fixed arrays the teacher now stands."""

    def inner(trained: Params, fixed: Params, batch: Batch) -> Mapping[str, jax.Array]:
        return measure(trained, fixed["task"], batch)

    return inner
