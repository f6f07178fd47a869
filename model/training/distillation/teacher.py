"""A model that a student learns from: read, told apart from others, and asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from gemsieve.model.checkpoints.about import CheckpointError
from gemsieve.model.checkpoints.forms import open_model
from gemsieve.model.checkpoints.origin import digest_of, told
from gemsieve.model.checkpoints.placement import abstract
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.tokenizer import FILE_NAME, Tokenizer


class Words(NamedTuple):
    """What a model speaks: the digest of its tokenizer, and how many tokens it knows."""

    tokenizer: str
    vocab_size: int


@dataclass(frozen=True)
class Teacher:
    """Hold a model to learn from.

    Attributes:
        params: Its parameters.
        config: Its shape.
        tokenizer: Its tokenizer.
        told: Who it is, as JSON: by digest its parameters, and where they come from.
    """

    params: Params
    config: GemmaConfig
    tokenizer: Tokenizer
    told: dict[str, Any]

    @property
    def words(self) -> Words:
        """What it speaks."""
        return Words(self.tokenizer.digest, self.config.vocab_size)


def read_teacher(folder: Path, execution: Execution) -> Teacher:
    """Read a model in any form that `gemsieve sample` takes, but for quantised ones.

    Its weights are kept in bfloat16 where they are multiplied so, else as they are stored.

    Raises:
        CheckpointError: There is none, it is quantised, or it has no tokenizer.
    """
    opened = open_model(folder)
    stored = opened.stored
    if stored.dtype.startswith("int"):
        raise CheckpointError(f"{folder}: quantised: learn from the floats it was made of")
    if opened.tokenizer is None:
        raise CheckpointError(f"{folder}: no {FILE_NAME} beside the teacher: put its own there")
    dtype = "bfloat16" if execution.precision == "bfloat16" else stored.dtype
    params = stored.read(abstract(stored.config, dtype))
    return Teacher(params, stored.config, opened.tokenizer, told(opened, digest_of(stored)))


def refuse_strangers(place: Path, teacher: Words, student: Words) -> None:
    """Refuse a teacher of other words than its student's; `place` is where it was found.

    Raises:
        CheckpointError: Tokenizers or vocabularies differ.
    """
    if teacher.tokenizer != student.tokenizer:
        raise CheckpointError(
            f"{place}: the teacher has another tokenizer than this run: begin a run with the"
            " teacher's, or take another teacher"
        )
    if teacher.vocab_size != student.vocab_size:
        raise CheckpointError(
            f"{place}: the teacher knows {teacher.vocab_size} tokens and the student"
            f" {student.vocab_size}: set model.vocab_size={teacher.vocab_size}"
        )


def teachers_execution(execution: Execution) -> Execution:
    """Return how a teacher is computed beside its student: nothing is to be made again."""
    return replace(execution, remat="none", accumulate=1)
