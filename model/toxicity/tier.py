"""The strong tier as a second opinion (`gemsieve.filters.toxicity.second`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

FOLDER = Path(__file__).parent / "weights"
WEIGHTS, VOCABULARY, CONSTANTS = "strong.safetensors", "strong.vocab.txt", "strong.json"

Judge = Callable[[Sequence[str]], list[dict[str, float]]]


class StrongTier:
    """Judges English passages by a tuned sentence encoder; the card beside its weights says how.

    A score is the same alone and in any company: texts run in fixed shapes, and scores are
    rounded to four decimals. A text longer than 126 word pieces is read in windows, of which the
    worst speaks. A text without words scores 0.
    """

    name: ClassVar[str] = "strong"
    version: ClassVar[str] = "1"

    @property
    def weights(self) -> str:
        """SHA-256 of weights, vocabulary and constants."""
        return digest(FOLDER)

    @property
    def band(self) -> tuple[float, float]:
        """The band chosen on development data for the fast tier of this version."""
        low, high = constants(FOLDER)["band"]
        return low, high

    def setup(self) -> None:
        """Load JAX and the weights, once a process."""
        judge(FOLDER)

    def __call__(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """Return the probabilities of toxicity and of its kinds, to four decimals."""
        return judge(FOLDER)(texts)


@cache
def digest(folder: Path) -> str:
    """Return the SHA-256, in hex, of what decides the scores."""
    files = [folder / name for name in (WEIGHTS, VOCABULARY, CONSTANTS)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


@cache
def constants(folder: Path) -> dict[str, Any]:
    """Read the encoder's shape, the labels with their calibration, and the band."""
    found: dict[str, Any] = json.loads((folder / CONSTANTS).read_text("utf-8"))
    return found


@cache
def judge(folder: Path) -> Judge:
    """Load what a folder holds, once a process."""
    from gemsieve.model.toxicity.encoder import Shape
    from gemsieve.model.toxicity.scorer import load, probabilities

    given = constants(folder)
    scorer = load(folder / WEIGHTS, folder / VOCABULARY, Shape(**given["shape"]))
    curves: dict[str, dict[str, float]] = given["calibration"]
    return lambda texts: [
        dict(zip(curves, row, strict=True))
        for row in probabilities(scorer(texts), list(curves.values())).tolist()
    ]
