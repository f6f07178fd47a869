"""Tiny models that transformers wrote, with what it computes of them; not part of the project."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gemsieve.model.checkpoints.huggingface import load_huggingface
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.transformer import Params

Arrays = dict[str, np.ndarray]


def oracles() -> Iterator[tuple[GemmaConfig, Params, Arrays]]:
    """Yield each model, and transformers' own outputs; skip the test where there are none."""
    if "GEMSIEVE_ORACLE" not in os.environ:
        pytest.skip("GEMSIEVE_ORACLE names no folder of models written by transformers")
    folders = sorted(Path(os.environ["GEMSIEVE_ORACLE"]).glob("*/oracle.npz"))
    assert folders
    for path in folders:
        yield *load_huggingface(path.parent), dict(np.load(path))
