"""A model on disk, opened once a process: for its digest, for its parameters, or for both."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from gemsieve.model.checkpoints.forms import Trained, open_model, read
from gemsieve.model.checkpoints.origin import digest_of


@cache
def digest(folder: Path) -> str:
    """Return the SHA-256 of a model's parameters and tokenizer.

    Raises:
        CheckpointError: There is no model.
    """
    opened = _opened(folder)
    tokenizer = opened.tokenizer.digest if opened.tokenizer else ""
    return hashlib.sha256((digest_of(opened.stored) + tokenizer).encode()).hexdigest()


def load(folder: Path) -> Trained:
    """Read the model, as `forms.load` does."""
    return read(_opened(folder), folder)


# To open a run is to hash its files: as long as to read it.
_opened = cache(open_model)
