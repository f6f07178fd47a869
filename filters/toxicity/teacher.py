"""What a better model said of the training texts: the fast tier learns from it beside the labels.

Knowledge distillation (Hinton et al. 2015, arXiv:1503.02531): a teacher that was tuned on all the
sets at once says of each text what no single set's label does. Answers are kept by a digest of the
text, so that a file of them holds no words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gemsieve.filters.toxicity.data import Row
from gemsieve.filters.toxicity.fast.tables import archived

TRUST = 0.8  # of a target, the teacher's part; chosen on the development part


def key(text: str) -> int:
    """Return a text's digest, of 64 bits."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big")


def dump(answers: Mapping[str, float]) -> bytes:
    """Return a file of probabilities by text; the same answers are the same bytes."""
    by_key = dict(sorted((key(text), chance) for text, chance in answers.items()))
    keys = np.fromiter(by_key.keys(), np.uint64, len(by_key))
    chances = np.fromiter(by_key.values(), np.float32, len(by_key))
    return archived({"keys": keys, "chances": chances})


def read(path: Path) -> dict[int, float]:
    """Read what `dump` wrote."""
    with np.load(path, allow_pickle=False) as found:
        return dict(zip(found["keys"].tolist(), found["chances"].tolist(), strict=True))


def taught(rows: Sequence[Row], answers: Mapping[int, float], trust: float = TRUST) -> list[Row]:
    """Return the rows, each with a target between its label and what the teacher said of it.

    A text that the teacher was not asked about keeps its own target.
    """
    found = []
    for row in rows:
        said = answers.get(key(row.text), row.target)
        found.append(replace(row, share=(1 - trust) * row.target + trust * said))
    return found
