"""The detector `probe`: what a model's own states say of a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from gemsieve.filters.detector import PROBABILITY, Labels
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.readings import COLUMN

if TYPE_CHECKING:
    from gemsieve.model.probe.saved import Probe

FAMILY = "probe."
VERSION = "1"


@dataclass(frozen=True)
class ProbeDetector:
    """Measures a text by a linear probe on the states of the model that `gemsieve probe` taught it.

    Where the model wrote the text, the guard hands over what the probe said of its tokens; any
    other text is read with the model, as what follows the `prompt` beside it. Without a model it
    has no labels.

    Attributes:
        model: The model's folder, with the probe in it.

    Raises:
        ValueError: The folder is not there, or holds no probe, or a malformed one.
    """

    model: str | None = None

    name: ClassVar[str] = "probe"
    # Not the readings: only a guard gives them, and no record of a corpus vouches for itself.
    needs: ClassVar[tuple[str, ...]] = ("prompt",)

    def __post_init__(self) -> None:
        if self.model is not None and not Path(self.model).is_dir():
            raise ValueError(f"model: {self.model} is no folder of a model")
        _ = self.labels

    @cached_property
    def labels(self) -> Labels:
        """A measure for each label that the probe was taught."""
        if self.model is None:
            return Labels()
        return Labels(measures={FAMILY + label: PROBABILITY for label in self.probe.labels})

    @property
    def version(self) -> str:
        """Of this code."""
        return VERSION

    @property
    def weights(self) -> str:
        """SHA-256 of the probe's file, which names the model's; "" without a model."""
        return "" if self.model is None else self.probe.digest

    @cached_property
    def probe(self) -> Probe:
        """The probe; there must be a model."""
        from gemsieve.model.probe.saved import read

        return read(Path(self.model or ""))

    def setup(self) -> None:
        """Make sure that the probe is of the model that is there; a text may never need it.

        Raises:
            CheckpointError: There is no model.
            ValueError: It is another's.
        """
        if self.model is not None:
            from gemsieve.model.probe.reader import check

            check(Path(self.model), self.probe)

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return each text's measures, to four decimals."""
        if self.model is None:
            return [[] for _ in batch.texts]
        nothing: Sequence[str | None] = [None] * len(batch.texts)
        columns = [batch.columns.get(name) or nothing for name in ("prompt", COLUMN)]
        return [self._found(*row) for row in zip(batch.texts, *columns, strict=True)]

    def _found(self, text: str, prompt: str | None, readings: str | None) -> list[Finding]:
        """Return the measures of one text."""
        from gemsieve.model.probe.score import given, scores

        if readings is not None:
            logits = given(self.probe, readings)
        else:
            from gemsieve.model.probe.reader import reader

            self.setup()
            logits = reader(Path(self.model or "")).logits(self.probe, text, prompt)
        pairs = zip(self.labels.measures, scores(self.probe, logits), strict=True)
        return [Finding(label, score) for label, score in pairs]
