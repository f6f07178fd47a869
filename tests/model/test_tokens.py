from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gemsieve.cli import main
from gemsieve.model.checkpoints.about import CheckpointError
from gemsieve.model.tokenizer import FILE_NAME, Tokenizer, train_tokenizer
from gemsieve.model.training.data.emphasis import Emphasis
from gemsieve.model.training.data.rows import Rows, read_texts, split, tokenize
from gemsieve.model.training.data.tokens import (
    NAME,
    TokensError,
    read_tokens,
    verify_tokens,
    write_tokens,
)
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.train import Summary, train
from gemsieve.pipeline.manifest import verify

from .conftest import make_data


@pytest.fixture
def tokens(tmp_path: Path, data: Path, tokenizer: Tokenizer) -> Path:
    """Return a folder of the corpus's tokens."""
    write_tokens(verify(data), tokenizer, tmp_path / "tokens")
    return tmp_path / "tokens"


def test_rows_from_disk_are_the_rows_from_memory(
    data: Path, tokenizer: Tokenizer, tokens: Path
) -> None:
    """Training and held-out batches of tokens on disk are those made of the texts, to the bit."""
    manifest = verify(data)
    stored = read_tokens(verify_tokens(tokens, manifest))
    made = tokenize(read_texts(manifest.kept), tokenizer)
    emphasis = Emphasis(weights=np.linspace(0, 3, len(made)))
    for from_disk, from_memory in zip(
        split(stored, 20, 3, emphasis), split(made, 20, 3, emphasis), strict=True
    ):
        disk, memory = Rows(from_disk, 32), Rows(from_memory, 32)
        assert len(disk) == len(memory)
        for number in range(len(disk)):
            for name, column in memory[number].items():
                np.testing.assert_array_equal(disk[number][name], column, strict=True)


def test_grain_finds_any_document(data: Path, tokenizer: Tokenizer, tokens: Path) -> None:
    """Grain's own source reads the files at random, one document a record."""
    import grain  # type: ignore[import-untyped]

    found = verify_tokens(tokens, verify(data))
    source = grain.sources.ArrayRecordDataSource([str(path) for path in found.paths])
    texts = [text for batch in read_texts(verify(data).kept) for text in batch]
    assert len(source) == len(texts)
    for number in (len(texts) - 1, 0, 70):
        pieces = np.frombuffer(source[number], "<u2").tolist()
        assert tokenizer.decode(pieces) == texts[number]


def test_workers_change_no_byte(
    tmp_path: Path, data: Path, tokenizer: Tokenizer, tokens: Path
) -> None:
    """Two processes write the files that one writes."""
    write_tokens(verify(data), tokenizer, tmp_path / "two", workers=2)
    files = sorted(path.relative_to(tokens) for path in tokens.rglob("*") if path.is_file())
    assert len(files) == 6
    for file in files:
        assert (tokens / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_run_on_tokens_is_the_run_on_texts(
    tmp_path: Path,
    data: Path,
    settings: TrainSettings,
    finished: tuple[Path, Summary],
) -> None:
    """The command that tokenises, then the trainer: the same losses, to the bit."""
    stored, vocabulary = tmp_path / "tokens", str(finished[0] / "tokenizer.model")
    assert main(["tokenize", str(data), "--tokenizer", vocabulary, "--output", str(stored)]) == 0
    summary = train(settings, Inputs((data,), (stored,)), tmp_path / "run")
    assert summary.entries == finished[1].entries


def test_a_run_keeps_to_its_tokenizer(
    tmp_path: Path,
    data: Path,
    texts: list[str],
    tokenizer: Tokenizer,
    settings: TrainSettings,
) -> None:
    """A run that began with one tokenizer does not go on with another's tokens."""
    tokenizer.write(tmp_path / "run" / FILE_NAME)
    other = train_tokenizer(texts[:80], vocab_size=300, training_bytes=1_000_000)
    write_tokens(verify(data), other, tmp_path / "tokens")
    with pytest.raises(CheckpointError, match="not the tokenizer that wrote"):
        train(settings, Inputs((data,), (tmp_path / "tokens",)), tmp_path / "run")


def test_a_job_that_kept_nothing_has_no_tokens(tmp_path: Path, tokenizer: Tokenizer) -> None:
    """Its folder is told to be too small, as without tokens."""
    manifest = verify(make_data(tmp_path / "none", [], shards=0))
    stored = read_tokens(write_tokens(manifest, tokenizer, tmp_path / "tokens"))
    with pytest.raises(ValueError, match="0 kept documents are too few"):
        split(stored, 20, 0)


def spoil_shard(folder: Path) -> None:
    """Change one byte of a file of tokens."""
    path = sorted((folder / "tokens").iterdir())[0]
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (spoil_shard, "missing or changed"),
        (lambda folder: next((folder / "tokens").iterdir()).unlink(), "missing or changed"),
        (
            lambda folder: min((folder / "tokens").glob("*.lengths")).write_bytes(b""),
            "lengths: miss",
        ),
        (lambda folder: (folder / "tokenizer.model").write_bytes(b"x"), "tokenizer.model: changed"),
        (lambda folder: (folder / NAME).write_text("{"), "damaged"),
        (lambda folder: (folder / NAME).write_text('{"format": 1}'), "earlier gemsieve"),
        (lambda folder: (folder / NAME).unlink(), "to its end"),
    ],
)
def test_spoilt_tokens_are_refused(
    data: Path, tokens: Path, spoil: Callable[[Path], None], told: str
) -> None:
    """Whatever was changed after it was written is named."""
    spoil(tokens)
    with pytest.raises(TokensError, match=told):
        verify_tokens(tokens, verify(data))


def test_tokens_of_other_data_are_refused(other_data: Path, tokens: Path) -> None:
    """The chain of custody holds: tokens serve the shards that they were made of alone."""
    with pytest.raises(TokensError, match="other data"):
        verify_tokens(tokens, verify(other_data))


def test_a_folder_of_something_else_is_let_be(
    data: Path, tokenizer: Tokenizer, tokens: Path
) -> None:
    """Finished tokens are not written over; what a killed attempt left is."""
    with pytest.raises(TokensError, match="name a new folder"):
        write_tokens(verify(data), tokenizer, tokens)
    (tokens / NAME).unlink()
    shutil.copy(next((tokens / "tokens").iterdir()), tokens / "tokens" / ".half.tmp")
    write_tokens(verify(data), tokenizer, tokens)
    found = verify_tokens(tokens, verify(data))
    assert len(list((tokens / "tokens").iterdir())) == 2 * len(found.shards)
