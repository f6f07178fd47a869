"""Fine-tuning: a model on disk, and chats or pairs of answers to learn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from gemsieve.model.checkpoints.about import About
from gemsieve.model.tokenizer import Tokenizer
from gemsieve.model.training.chat_rows import PairRows, apart, packed
from gemsieve.model.training.conversations import Conversations, open_conversations
from gemsieve.model.training.examples import read_chats, read_pairs
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.loss import text_loss, text_measures
from gemsieve.model.training.preference import preference_loss, preference_measures
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.start import Start, settle, start_from
from gemsieve.model.training.task import Task

# What a checkpoint says of the policies that sieved its data.
_POLICY = ("name", "sha256")
# The table of settings that tells of chats which nothing vouches for.
CHATS = "chats"


def chat(settings: TrainSettings, inputs: Inputs, run: Path) -> Task:
    """Return the task of learning what the model says in chats.

    Raises:
        ManifestError: A folder of chats is no finished, untouched output of a filter job.
        ExamplesError: Chats cannot be learned from, or nothing vouches for them.
        CheckpointError: There is no model to start from, or it is not the run's.
        ValueError: There are too few chats.
    """
    folder, found = _found(settings, inputs)
    start, tokenizer = start_from(folder, settings)
    chats = read_chats(found.rows(), tokenizer, settings.data.sequence_length, found.name)
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
        about=_about(settings, found, start, tokenizer),
    )


def preference(settings: TrainSettings, inputs: Inputs, run: Path) -> Task:
    """Return the task of learning which of two answers is the better one.

    The model that is started from is the reference.

    Raises:
        ManifestError: As of `chat`; so are the others.
    """
    folder, found = _found(settings, inputs)
    start, tokenizer = start_from(folder, settings)
    both = read_pairs(found.rows(), tokenizer, settings.data.sequence_length, found.name)
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
        about=_about(settings, found, start, tokenizer),
    )


def _found(settings: TrainSettings, inputs: Inputs) -> tuple[Path, Conversations]:
    """Return the folder of the model to tune, and what it is to learn."""
    if inputs.init is None:
        kind = settings.task.kind
        raise ValueError(f"task.kind {kind!r} tunes a model: name the one to start from by --init")
    return inputs.init, open_conversations(inputs.data, unverified=inputs.unverified)


def _about(
    settings: TrainSettings, found: Conversations, start: Start, tokenizer: Tokenizer
) -> About:
    """Tell where the tuned model comes from."""
    manifests = found.manifests
    policies = [manifest.policy for manifest in manifests]
    tables = asdict(settings)
    if found.unverified:
        tables[CHATS] = {"sha256": found.unverified}
    about = About(
        settings=tables,
        manifest=_joined(manifest.digest for manifest in manifests),
        policy={key: _joined(p.get(key, "none") for p in policies) for key in _POLICY if policies},
        tokenizer=tokenizer.digest,
        code=version("gemsieve"),
        imported="chats" if found.unverified else "",
    )
    return start.descend(about)


def _joined(values: Iterable[str]) -> str:
    """Return the different values, in order, with plus signs between."""
    return "+".join(dict.fromkeys(values))
