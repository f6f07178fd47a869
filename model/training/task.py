"""What a run learns, and from what: all that differs between one kind of training and another."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from gemsieve.model.checkpoints.about import About
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.training.data.order import Mixture
from gemsieve.model.training.data.rows import Source
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.loss import Batch, Loss, Measures, Whole
from gemsieve.model.training.settings import TrainSettings

# From a step, what is trained, what is fixed and a batch to the batch to be learned.
Rewrite = Callable[[int, Params, Params, Batch], Batch]


@dataclass(frozen=True)
class Task:
    """Hold what the loop of a run asks for; it knows of no kind of training itself.

    Attributes:
        rows: What is trained on, by number.
        held_out: What is only measured.
        shapes: Those of the numbers that are trained, a tree of `jax.ShapeDtypeStruct`.
        start: Gives these numbers as they are before the first step, in the shapes, types and
            shardings of a tree like `shapes`; not called where a run is resumed.
        fixed: Arrays that the losses read and no step changes, such as a model under adapters or a
            teacher; empty where there are none.
        loss: What a step lowers. A function that equals that of an earlier call is compiled once.
        measure: What is reported of held-out rows.
        whole: Puts what is trained and what is fixed together.
        about: Where all this comes from.
        rewrite: Changes a batch before its step, if anything does.
    """

    rows: Source | Mixture
    held_out: Source | Mixture
    shapes: Params
    start: Callable[[Params], Params]
    fixed: Params
    loss: Loss
    measure: Measures
    whole: Whole
    about: About
    rewrite: Rewrite | None = None


def make_task(settings: TrainSettings, inputs: Inputs, run: Path) -> Task:
    """Return what `settings.task.kind` names, made of what the run reads.

    Raises:
        ManifestError: The data is no finished, untouched output of a filter job.
        TokensError: The tokens are not those of the data.
        CheckpointError: The run's tokenizer is another, or there is no model to start from.
        ExamplesError: Chats or pairs cannot be learned from.
        LessonsError: What a teacher wrote is of other rows or settings.
        ValueError: There is too little to learn from.
    """
    from gemsieve.model.training.distillation.taught import distilled, share_tokenizer
    from gemsieve.model.training.pretrain import pretrain
    from gemsieve.model.training.tuning.tasks import chat, preference

    kinds = {"pretrain": pretrain, "chat": chat, "preference": preference}
    if inputs.teacher:
        share_tokenizer(inputs, run)
    task = kinds[settings.task.kind](settings, inputs, run)
    return distilled(task, settings, inputs.teacher)


def in_steps(settings: TrainSettings, task: Task) -> tuple[TrainSettings, Task]:
    """Return settings and task with `train.epochs`, where they are set, turned into steps."""
    loop = settings.train
    if loop.epochs is None:
        return settings, task
    steps = math.ceil(loop.epochs * len(task.rows) / loop.batch_size)
    settings = replace(settings, train=replace(loop, steps=steps))
    tables = task.about.settings | {"train": asdict(settings.train)}
    return settings, replace(task, about=replace(task.about, settings=tables))
