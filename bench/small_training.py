"""What experiments on tiny models share: verified text as rows, training from parameters."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.tokenizer import Tokenizer
from gemsieve.model.training.data.corpora import open_corpus
from gemsieve.model.training.data.order import Mixture, batches
from gemsieve.model.training.data.rows import Rows, Source, read_texts, split, tokenize
from gemsieve.model.training.loss import text_loss, text_measures
from gemsieve.model.training.pretrain import prepare_tokenizer
from gemsieve.model.training.settings import TrainSettings, settings_from
from gemsieve.model.training.step import Update, fresh, make_evaluate, make_update
from gemsieve.pipeline.manifest import verify

# About 0.5 million parameters: a step of 1,024 tokens in a third of a second of a processor.
SMALL = GemmaConfig(
    vocab_size=1024,
    embed_dim=96,
    hidden_dim=288,
    num_layers=4,
    num_heads=4,
    num_kv_heads=2,
    head_dim=24,
    query_pre_attn_scalar=24,
    sliding_window=64,
    max_length=256,
)
_BATCHES_OF_TEXTS = 2


@dataclass(frozen=True)
class Corpus:
    """Hold rows of three sets of documents, two to train on and one held out; and the tokenizer."""

    first: Rows
    second: Rows
    held_out: Rows
    tokenizer: Tokenizer


def read_corpus(data: Path, settings: TrainSettings) -> Corpus:
    """Read the first 512 documents that a job kept; nothing is written."""
    manifest = verify(data)
    with tempfile.TemporaryDirectory() as run:
        tokenizer = prepare_tokenizer(settings, [open_corpus(data)], Path(run))
    documents = tokenize(islice(read_texts(manifest.kept), _BATCHES_OF_TEXTS), tokenizer)
    training, held_out = split(documents, settings.data.held_out_every, settings.data.shuffle_seed)
    halves = np.array_split(np.arange(len(training)), 2)
    parts = (training.take(halves[0]), training.take(halves[1]), held_out)
    first, second, last = (Rows(part, settings.data.sequence_length) for part in parts)
    return Corpus(first, second, last, tokenizer)


def make_settings(model: GemmaConfig, steps: int, learning_rate: float) -> TrainSettings:
    """Return the settings of a short run."""
    tables = {
        "tokenizer": {"training_bytes": 2_000_000},
        "data": {"held_out_every": 20},
        "optimizer": {"learning_rate": learning_rate, "warmup_steps": steps // 10},
        "train": {"steps": steps, "evaluate_rows": 128},
    }
    return replace(settings_from(tables), model=model)


def measured(settings: TrainSettings, rows: Rows) -> Callable[[Params], float]:
    """Return what tells a model's mean loss on rows."""
    evaluate = make_evaluate(settings, text_measures(settings.model, settings.execution), {}, rows)
    return lambda params: evaluate(params)["loss"]


def trained(settings: TrainSettings, rows: Rows, start: Params, order: int) -> Params:
    """Return parameters trained on text from others, which are kept; see `all_steps`."""
    loss = text_loss(settings.model, settings.execution)
    return all_steps(settings, make_update(settings, loss, fixed={}), rows, start, order)


def all_steps(
    settings: TrainSettings, update: Update, rows: Source | Mixture, start: Params, order: int
) -> Params:
    """Return parameters after all steps from others, which are kept; `order` seeds the rows'."""
    state = fresh(settings, jax.tree.map(jnp.copy, start))
    source = batches(rows, settings.train.batch_size, order)
    for step in range(settings.train.steps):
        state, _, _ = update(state, source[step])
    return state.params
