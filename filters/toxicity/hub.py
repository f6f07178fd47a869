"""A text classifier of the Hugging Face hub as a second opinion, where there is a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from gemsieve.filters.toxicity.second import ANY, checked_band

# What models with human-labelled comments behind them call our labels.
USUAL = {
    "toxic": ANY,
    "toxicity": ANY,
    "insult": "insult",
    "threat": "threat",
    "identity_hate": "identity_attack",
    "identity_attack": "identity_attack",
    "obscene": "profanity",
    "profanity": "profanity",
}


@dataclass(frozen=True)
class HubModel:
    """Asks a text-classification model by `transformers`, which is no dependency of ours.

    Attributes:
        model: Its name on the hub, or a folder.
        revision: A commit; without one the model may change under the same policy.
        labels: From the model's label to ours (`toxicity`, `insult` ...); by default the usual
            names. The model's other labels are left out.
        band: Where the fast tier is to be doubted.
        exclusive: The labels are classes of which one holds (softmax), as in "toxic or neutral".
    """

    model: str
    revision: str | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: USUAL)
    band: Sequence[float] = (0.05, 0.95)
    exclusive: bool = False
    name: ClassVar[str] = "hub"
    weights: ClassVar[str] = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "band", checked_band(self.band))
        if ANY not in self.labels.values():
            raise ValueError(f"hub: `labels` must map one of the model's labels to {ANY!r}")

    @property
    def version(self) -> str:
        """The model and its revision."""
        return f"{self.model}@{self.revision or 'latest'}"

    def setup(self) -> None:
        """Load the model.

        Raises:
            RuntimeError: `transformers` is not installed; says what to do.
        """
        self._classifier  # noqa: B018 - loads it

    def __call__(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """Return the mapped probabilities, one text at a time, so that padding cannot matter."""
        return [self.mapped(self._classifier(text)) for text in texts]

    def mapped(self, found: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        """Return the model's scores under our labels; of two with one name the higher."""
        scores: dict[str, float] = {}
        for one in found:
            label = self.labels.get(str(one["label"]).lower())
            if label is not None:
                scores[label] = round(max(scores.get(label, 0.0), float(one["score"])), 4)
        return scores

    @cached_property
    def _classifier(self) -> Callable[[str], list[dict[str, Any]]]:
        try:
            from transformers import pipeline  # type: ignore[import-not-found]
        except ImportError:
            raise RuntimeError(
                "a hub model needs transformers and torch: `pip install transformers torch`"
            ) from None
        classifier = pipeline("text-classification", model=self.model, revision=self.revision)
        function = "softmax" if self.exclusive else "sigmoid"
        return lambda text: classifier(
            text, top_k=None, function_to_apply=function, truncation=True
        )
