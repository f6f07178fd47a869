"""Fixtures of the model's tests: exact matrix products, a small verified corpus, a small run."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import jax
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gemsieve.model.tokenizer import Tokenizer, train_tokenizer
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.settings import TrainSettings, settings_from
from gemsieve.model.training.train import Summary, train
from gemsieve.pipeline.manifest import Manifest, Shard, sha256_of, write

SETTINGS = """
[model]
size = "test"
vocab_size = 300
num_layers = 2
[data]
sequence_length = 32
held_out_every = 20
[optimizer]
warmup_steps = 5
learning_rate = 0.01
[train]
steps = 24
batch_size = 4
log_every = 4
evaluate_every = 12
checkpoint_every = 6
"""
SENTENCE = "the river carries small bright stones past old mills and quiet fields to sea 7 42"


@pytest.fixture(autouse=True)
def _exact() -> Iterator[None]:
    """Compute matrix products in full float32 on every device."""
    with jax.default_matmul_precision("highest"):
        yield


def make_texts(count: int, seed: int = 5) -> list[str]:
    """Write documents of 3 to 60 words; some end in other scripts."""
    rng, words = random.Random(seed), SENTENCE.split()
    endings = (".", ".\n\n", "!\n", " ü ö 河 🪨")
    return [
        " ".join(rng.choices(words, k=rng.randint(3, 60))) + rng.choice(endings)
        for _ in range(count)
    ]


def make_data(folder: Path, texts: Sequence[str], shards: int = 2) -> Path:
    """Write kept shards and the manifest that vouches for them, as the Beam job does."""
    listed = []
    (folder / "kept").mkdir(parents=True)
    for number in range(shards):
        part = list(texts[number::shards])
        path = folder / "kept" / f"{number:05d}.parquet"
        pq.write_table(pa.table({"text": part}), path)
        entry = Shard(f"kept/{path.name}", len(part), path.stat().st_size, sha256_of(path))
        listed.append(entry)
    counts = {"in": len(texts), "kept": len(texts), "dropped": 0, "quarantined": 0}
    policy = {"name": "test", "sha256": "0" * 64}
    write(Manifest(folder, policy, [], [], counts, listed, "0"))
    return folder


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """Return some hundred short documents."""
    return make_texts(160)


@pytest.fixture(scope="session")
def tokenizer(texts: list[str]) -> Tokenizer:
    """Return a tokenizer learned from them."""
    return train_tokenizer(texts, vocab_size=300, training_bytes=1_000_000)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Path:
    """Return a folder whose manifest verifies."""
    return make_data(tmp_path_factory.mktemp("data") / "out", texts)


@pytest.fixture(scope="session")
def other_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder like that one, of other texts."""
    return make_data(tmp_path_factory.mktemp("data") / "other", make_texts(8, seed=6))


@pytest.fixture(scope="session")
def settings() -> TrainSettings:
    """Return settings for a run of some seconds."""
    return settings_from(tomllib.loads(SETTINGS))


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory, data: Path, settings: TrainSettings
) -> tuple[Path, Summary]:
    """Return a run that went through undisturbed, and its summary."""
    run = tmp_path_factory.mktemp("runs") / "undisturbed"
    return run, train(settings, Inputs((data,)), run)


@pytest.fixture
def with_steps(settings: TrainSettings) -> Callable[[int], TrainSettings]:
    """Return a function that gives the same settings with another number of steps."""
    return lambda steps: replace(settings, train=replace(settings.train, steps=steps))
