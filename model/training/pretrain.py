"""Pre-training: a fresh model, or one on disk, and rows of text packed from verified shards."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from gemsieve.model.checkpoints.about import About, CheckpointError
from gemsieve.model.tokenizer import FILE_NAME, Tokenizer, train_tokenizer
from gemsieve.model.training.data import Rows, read_texts, split, tokenize
from gemsieve.model.training.emphasis import read_emphasis
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.loss import text_loss, text_measures
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.start import Start, fresh_start, settle, start_from
from gemsieve.model.training.task import Task
from gemsieve.model.training.tokens import Tokens, read_tokens, verify_tokens
from gemsieve.pipeline.manifest import Manifest, verify


def pretrain(settings: TrainSettings, inputs: Inputs, run: Path) -> Task:
    """Return the task of learning the text of kept shards, afresh or from another model on.

    Raises:
        ManifestError: The data is no finished, untouched output of a filter job.
        TokensError: The tokens are not those of the data.
        CheckpointError: The run has a tokenizer that is too large, or not that of the tokens; or
            there is no model to start from.
        ValueError: There is too little text.
    """
    (data,) = inputs.data
    manifest = verify(data)
    stored = verify_tokens(inputs.tokens[0], manifest) if inputs.tokens else None
    start = _started(settings, inputs, run)
    tokenizer = prepare_tokenizer(settings, manifest, run, stored)
    documents = read_tokens(stored) if stored else tokenize(read_texts(manifest.kept), tokenizer)
    every, seed = settings.data.held_out_every, settings.data.shuffle_seed
    parts = split(documents, every, seed, read_emphasis(manifest))
    rows, held_out = (Rows(part, settings.data.sequence_length) for part in parts)
    how, whole = (settings.model, settings.execution), start.whole
    about = About(
        settings=asdict(settings),
        manifest=manifest.digest,
        policy=dict(manifest.policy),
        tokenizer=tokenizer.digest,
        code=version("gemsieve"),
    )
    return Task(
        rows=rows,
        held_out=held_out,
        shapes=start.shapes,
        start=start.begin,
        fixed=start.fixed,
        loss=text_loss(*how, settings.optimizer.z_loss, whole),
        measure=text_measures(*how, whole),
        whole=whole,
        about=start.descend(about),
    )


def _started(settings: TrainSettings, inputs: Inputs, run: Path) -> Start:
    """Return the start: from a model, whose tokenizer the run gets then, or afresh."""
    if inputs.init is None:
        return fresh_start(settings)
    start, tokenizer = start_from(inputs.init, settings)
    settle(run, inputs.init, start, tokenizer)
    return start


def prepare_tokenizer(
    settings: TrainSettings, manifest: Manifest, run: Path, stored: Tokens | None = None
) -> Tokenizer:
    """Return the run's tokenizer; if it has none, that of the tokens, or one learned from the text.

    Raises:
        CheckpointError: The run has one that is too large, or not that of the tokens.
    """
    path = run / FILE_NAME
    if stored and not path.exists():
        Tokenizer.read(stored.folder / FILE_NAME).write(path)
    if path.exists():
        tokenizer = Tokenizer.read(path)
        if tokenizer.vocab_size > settings.model.vocab_size:
            raise CheckpointError(
                f"{path} has {tokenizer.vocab_size} pieces, more than model.vocab_size"
                f" ({settings.model.vocab_size})"
            )
        if stored and tokenizer.digest != stored.tokenizer:
            raise CheckpointError(f"{path} is not the tokenizer that wrote {stored.folder}")
        return tokenizer
    texts = (text for batch in read_texts(manifest.kept) for text in batch)
    learned = train_tokenizer(texts, settings.model.vocab_size, settings.tokenizer.training_bytes)
    learned.write(path)
    return learned
