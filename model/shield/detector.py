"""The detector `shield`: a Gemma 2 tuned to say Yes where a text breaks a guideline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from gemsieve.filters.detector import PROBABILITY, Labels
from gemsieve.filters.finding import Batch, Finding
from gemsieve.model.shield.guidelines import SHIPPED, Guidelines, read

FAMILY = "shield."
VERSION = "1"


@dataclass(frozen=True)
class ShieldDetector:
    """Measures how probably a text breaks each guideline, by a model's Yes against its No.

    ShieldGemma (arXiv 2407.21772, section 4) is made for it, as is any Gemma 2 tuned like it. A
    text with a `prompt` beside it is judged as the answer to it. Without a model it has no labels.

    Attributes:
        model: The checkpoint's folder, in any form that `open_model` reads.
        guidelines: A file in the form of the shipped `guidelines.toml`, in its place.

    Raises:
        ValueError: The folder is not there, or the file is malformed.
    """

    model: str | None = None
    guidelines: str | None = None

    name: ClassVar[str] = "shield"
    needs: ClassVar[tuple[str, ...]] = ("prompt",)

    def __post_init__(self) -> None:
        if self.model is None and self.guidelines is not None:
            raise ValueError("`guidelines` are for a `model`; name its folder")
        if self.model is not None and not Path(self.model).is_dir():
            raise ValueError(f"model: {self.model} is no folder of a checkpoint")
        read(self._file)

    @property
    def labels(self) -> Labels:
        """A measure for each guideline."""
        if self.model is None:
            return Labels()
        return Labels(measures={FAMILY + name: PROBABILITY for name in self._asked.texts})

    @property
    def version(self) -> str:
        """Of this code and of the guidelines with their curves."""
        return f"{VERSION}, guidelines {self._asked.digest[:12]}"

    @property
    def weights(self) -> str:
        """SHA-256 of the parameters and of the tokenizer; "" without a model."""
        if self.model is None:
            return ""
        from gemsieve.model.checkpoints.once import digest

        return digest(Path(self.model))

    @property
    def _file(self) -> Path:
        return SHIPPED if self.guidelines is None else Path(self.guidelines)

    @property
    def _asked(self) -> Guidelines:
        return read(self._file)

    def setup(self) -> None:
        """Load JAX and the model, once a process; see `scorer` for what it raises."""
        if self.model is not None:
            from gemsieve.model.shield.scorer import scorer

            scorer(Path(self.model), self._file)

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return each text's measures, to four decimals."""
        if self.model is None:
            return [[] for _ in batch.texts]
        from gemsieve.model.shield.scorer import scorer

        ask = scorer(Path(self.model), self._file)
        prompts = batch.columns.get("prompt") or [None] * len(batch.texts)
        found = map(ask.scores, batch.texts, prompts)
        return [[Finding(FAMILY + name, p) for name, p in one.items()] for one in found]

    def answer(self, questions: Sequence[str], text: str) -> list[float]:
        """Return how probably the answer to each question about a text is Yes, uncalibrated.

        Raises:
            ValueError: There is no model.
        """
        if self.model is None:
            raise ValueError("no model answers questions: `[detectors.shield] model` names one")
        from gemsieve.model.shield.scorer import scorer

        return scorer(Path(self.model), self._file).answer(questions, text)
