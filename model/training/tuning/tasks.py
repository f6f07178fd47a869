"""Fine-tuning: a model on disk, and chats or pairs of answers to learn."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from gemsieve.model.training.data.corpora import Corpus, open_corpora, origin_of
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.loss import text_loss, text_measures
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.start import settle, start_from
from gemsieve.model.training.task import Task
from gemsieve.model.training.tuning.chat_rows import PairRows, apart, packed
from gemsieve.model.training.tuning.conversations import conversations
from gemsieve.model.training.tuning.examples import read_chats, read_pairs
from gemsieve.model.training.tuning.preference import preference_loss, preference_measures


def chat(settings: TrainSettings, inputs: Inputs, run: Path) -> Task:
    """Return the task of learning what the model says in chats.

    Raises:
        ManifestError: A folder of chats is no finished, untouched output of a filter job.
        InputError: There are no chats to be read.
        ExamplesError: Chats cannot be learned from.
        CheckpointError: There is no model to start from, or it is not the run's.
        ValueError: There are too few chats.
    """
    folder, corpora, name = _inputs(settings, inputs)
    start, tokenizer = start_from(folder, settings)
    chats = read_chats(conversations(corpora), tokenizer, settings.data.sequence_length, name)
    rows, held_out = map(packed, chats.split(settings.data.held_out_every))
    how, whole = (settings.model, settings.execution), start.whole
    settle(run, folder, start, tokenizer)
    return Task(
        rows=rows,
        held_out=held_out,
        shapes=start.shapes,
        start=start.begin,
        fixed=start.fixed,
        whole=whole,
        loss=text_loss(*how, settings.optimizer.z_loss, whole),
        measure=text_measures(*how, whole),
        about=start.descend(origin_of(asdict(settings), corpora, tokenizer.digest)),
    )


def preference(settings: TrainSettings, inputs: Inputs, run: Path) -> Task:
    """Return the task of learning which of two answers is the better one.

    The model that is started from is the reference.

    Raises:
        ManifestError: As of `chat`; so are the others.
    """
    folder, corpora, name = _inputs(settings, inputs)
    start, tokenizer = start_from(folder, settings)
    both = read_pairs(conversations(corpora), tokenizer, settings.data.sequence_length, name)
    sides = (map(apart, side.split(settings.data.held_out_every)) for side in both)
    rows, held_out = (PairRows(*pair) for pair in zip(*sides, strict=True))
    how = (settings.model, settings.execution, settings.preference, start.whole)
    settle(run, folder, start, tokenizer)
    return Task(
        rows=rows,
        held_out=held_out,
        shapes=start.shapes,
        start=start.begin,
        fixed=start.fixed or start.read(),
        whole=start.whole,
        loss=preference_loss(*how),
        measure=preference_measures(*how),
        about=start.descend(origin_of(asdict(settings), corpora, tokenizer.digest)),
    )


def _inputs(settings: TrainSettings, inputs: Inputs) -> tuple[Path, tuple[Corpus, ...], str]:
    """Return the folder of the model to tune, what it is to learn, and what errors call that.

    Raises:
        ValueError: Something is asked for that is of texts alone.
    """
    if inputs.init is None:
        kind = settings.task.kind
        raise ValueError(f"task.kind {kind!r} tunes a model: name the one to start from by --init")
    if inputs.tokens or settings.data.weights is not None:
        asked = "--tokens" if inputs.tokens else "data.weights"
        raise ValueError(f"{asked} is of texts: chats are read as they are, all folders alike")
    corpora = open_corpora(inputs.data, unverified=inputs.unverified)
    for corpus in corpora:
        if corpus.emphasis.copies is not None or corpus.emphasis.weights is not None:
            raise ValueError(
                f"{corpus.place}: its policy weighs records, which chats do not follow: sieve them"
                " without"
            )
    return inputs.init, corpora, " and ".join(str(corpus.place) for corpus in corpora)
