"""Chats and pairs of answers, row by row, of what a run reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gemsieve.model.training.data.corpora import Corpus, loose_files
from gemsieve.model.training.data.row_files import read_rows


def conversations(corpora: Sequence[Corpus]) -> Iterator[Any]:
    """Yield the rows of kept shards or, where nothing vouches for a corpus, of its files.

    Raises:
        ExamplesError: As of `read_rows`.
    """
    for corpus in corpora:
        for path in _files(corpus):
            yield from read_rows(path)


def _files(corpus: Corpus) -> Sequence[Path]:
    """Return the files that hold a corpus, in order."""
    if corpus.manifest:
        return corpus.manifest.kept
    return [Path(path) for path in dict.fromkeys(file.path for file in loose_files(corpus.place))]
