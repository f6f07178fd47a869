"""Pre-training: a fresh model, or one on disk, and rows of text packed from verified shards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial
from itertools import zip_longest
from pathlib import Path

from gemsieve.model.checkpoints.about import CheckpointError
from gemsieve.model.tokenizer import FILE_NAME, Tokenizer, train_tokenizer
from gemsieve.model.training.data.corpora import Corpus, names_of, open_corpora, origin_of
from gemsieve.model.training.data.groups import grouped, held_out_names
from gemsieve.model.training.data.order import Mixture, seed_of
from gemsieve.model.training.data.packing import BestFitRows
from gemsieve.model.training.data.rows import Laid, Rows, Source, split, tokenize
from gemsieve.model.training.data.tokens import Tokens, TokensError, read_tokens, verify_tokens
from gemsieve.model.training.hosts import first_alone
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.loss import text_loss, text_measures
from gemsieve.model.training.settings import DataSettings, TrainSettings
from gemsieve.model.training.start import Start, fresh_start, settle, start_from
from gemsieve.model.training.task import Task


def pretrain(settings: TrainSettings, inputs: Inputs, run: Path) -> Task:
    """Return the task of learning the text of kept shards, afresh or from another model on.

    Raises:
        ManifestError: The data is no finished, untouched output of a filter job.
        TokensError: The tokens are not those of the data.
        CheckpointError: The run has a tokenizer that is too large, or not that of the tokens; or
            there is no model to start from.
        ValueError: There is too little text.
    """
    corpora = open_corpora(inputs.data, unverified=inputs.unverified)
    stored = verified_tokens(corpora, inputs.tokens)
    start = _started(settings, inputs, run)
    with first_alone("the run has a tokenizer"):
        tokenizer = prepare_tokenizer(settings, corpora, run, stored)
    documents = (
        map(read_tokens, stored)
        if stored
        else (tokenize(one.texts(), tokenizer) for one in corpora)
    )
    rows, held_out = rows_of(settings.data, corpora, documents)
    how, whole = (settings.model, settings.execution), start.whole
    about = origin_of(asdict(settings), corpora, tokenizer.digest)
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


def rows_of(
    settings: DataSettings, corpora: Sequence[Corpus], documents: Iterable[Laid]
) -> tuple[Source | Mixture, Source | Mixture]:
    """Return rows to train on and held-out ones, of one corpus or, split each alone, of a mixture.

    Raises:
        ValueError: A corpus has too little text, or there are not as many weights as corpora.
    """
    if settings.weights is not None and len(settings.weights) != len(corpora):
        raise ValueError(
            f"data.weights has {len(settings.weights)} numbers, and {len(corpora)} folders are read"
        )
    training: list[Source] = []
    held_out: list[Source] = []
    length = settings.sequence_length
    pack = BestFitRows if settings.packing == "best_fit" else Rows
    for number, (corpus, laid) in enumerate(zip(corpora, documents, strict=True)):
        seed = seed_of(settings.shuffle_seed, number)
        parts = split(laid, settings.held_out_every, seed, corpus.emphasis)
        training.append(pack(parts[0], length))
        held_out.append(grouped(parts[1], _groups(settings, corpus), length))
    if len(corpora) == 1:
        return training[0], held_out[0]
    mixed = partial(
        Mixture, weights=settings.weights or tuple(map(len, training)), names=names_of(corpora)
    )
    return mixed(tuple(training)), mixed(tuple(held_out))


def _groups(settings: DataSettings, corpus: Corpus) -> list[str]:
    """Return the group of each held-out document; nothing where there are none."""
    if corpus.manifest is None or settings.group_by == "none":
        return []
    return held_out_names(corpus.manifest.kept, settings.group_by, settings.held_out_every)


def verified_tokens(corpora: Sequence[Corpus], folders: Sequence[Path]) -> tuple[Tokens, ...]:
    """Return the tokens of each corpus, or none where no folders are named.

    Raises:
        TokensError: They are not theirs, in this order, or not of one tokenizer; or nothing
            vouches for a corpus.
    """
    if not folders:
        return ()
    if len(folders) != len(corpora):
        raise TokensError(
            f"{len(folders)} folders of tokens for {len(corpora)} of data: name them in one order"
        )
    found = []
    for folder, corpus in zip(folders, corpora, strict=True):
        if corpus.manifest is None:
            raise TokensError(f"{corpus.place}: unverified: leave --tokens out")
        found.append(verify_tokens(folder, corpus.manifest))
        if found[-1].tokenizer != found[0].tokenizer:
            raise TokensError(f"{folder}: of another tokenizer than {folders[0]}")
    return tuple(found)


def prepare_tokenizer(
    settings: TrainSettings, corpora: Sequence[Corpus], run: Path, stored: Sequence[Tokens] = ()
) -> Tokenizer:
    """Return the run's tokenizer; if it has none, that of the tokens, or one learned from the text.

    It learns from all corpora's beginnings in turn.

    Raises:
        CheckpointError: The run has one that is too large, or not that of the tokens.
    """
    path = run / FILE_NAME
    if stored and not path.exists():
        Tokenizer.read(stored[0].folder / FILE_NAME).write(path)
    if path.exists():
        tokenizer = Tokenizer.read(path)
        if tokenizer.vocab_size > settings.model.vocab_size:
            raise CheckpointError(
                f"{path} has {tokenizer.vocab_size} pieces, more than model.vocab_size"
                f" ({settings.model.vocab_size})"
            )
        if stored and tokenizer.digest != stored[0].tokenizer:
            raise CheckpointError(f"{path} is not the tokenizer that wrote {stored[0].folder}")
        return tokenizer
    turns = zip_longest(*(corpus.texts() for corpus in corpora), fillvalue=())
    texts = (text for turn in turns for batch in turn for text in batch)
    learned = train_tokenizer(texts, settings.model.vocab_size, settings.tokenizer.training_bytes)
    learned.write(path)
    return learned
