"""The toxicity detector: passages are scored one by one, and the worst quarter speaks for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from gemsieve.filters import fasttext_model
from gemsieve.filters.detector import PROBABILITY, Labels
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.limits.counts import ScoreCounts
from gemsieve.filters.toxicity import calibration, limits
from gemsieve.filters.toxicity.text import normalise, passages

MODEL = "toxicity.ftz"
CONSTANTS = "toxicity.json"
LABEL = "toxicity.toxicity"
TOXIC = "toxic"  # the model's own label; the other is `clean`
WORST = 0.25


@dataclass(frozen=True)
class ToxicityDetector:
    """Measures the probability that a reader would call a text toxic: abusive, hateful, demeaning.

    A text is cut into passages of at most 400 characters. Its score is the mean over the worst
    quarter of its characters (the expected shortfall at 0.25): a line quoted in a long document
    does not condemn it, its length does not save it, and saying it twice changes nothing. A text
    without words scores 0. The model card beside the weights says what it was trained on.
    """

    name: ClassVar[str] = "toxicity"
    version: ClassVar[str] = "1"
    labels: ClassVar[Labels] = Labels(measures={LABEL: PROBABILITY})
    needs: ClassVar[tuple[str, ...]] = ()

    @property
    def weights(self) -> str:
        """SHA-256 of the model; a change of the calibration changes `version`."""
        return fasttext_model.digest(MODEL)

    def setup(self) -> None:
        """Load the model and its calibration, once a process."""
        passage_score()

    def score_counts(self, label: str) -> ScoreCounts | None:
        """Return the scores of the development part, for limits that are set by a target."""
        return limits.shipped((MODEL, CONSTANTS)).get(label)

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return one finding of each text, to four decimals."""
        score = passage_score()
        return [[Finding(LABEL, document_score(text, score))] for text in batch.texts]


@cache
def passage_score() -> Callable[[str], float]:
    """Load what ships with the package, once a process."""
    return scorer(fasttext_model.load(MODEL), calibration.load(CONSTANTS))


def raw_score(model: fasttext_model.Model, passage: str) -> float:
    """Return the model's own probability that a passage of normalised text is toxic."""
    return dict(fasttext_model.predict(model, passage, 2)).get(TOXIC, 0.0)


def scorer(model: fasttext_model.Model, curve: calibration.Calibration) -> Callable[[str], float]:
    """Return the function from a passage of normalised text to a calibrated probability."""
    return lambda passage: curve(raw_score(model, passage))


def document_score(text: str, score: Callable[[str], float]) -> float:
    """Return the mean score of the worst quarter of a text, 0 for a text without words."""
    pieces = [piece for piece in passages(normalise(text)) if not piece.isspace()]
    return round(worst_mean((score(piece), len(piece)) for piece in pieces), 4)


def worst_mean(scored: Iterable[tuple[float, int]], share: float = WORST) -> float:
    """Return the mean of the highest scores that make up a share of the whole weight.

    This is the expected shortfall, or conditional value at risk, of Rockafellar and Uryasev
    (Journal of Risk 2, 2000): the last score to fit counts in part. It is between the mean and
    the maximum, rises with every score, and stays the same when all is said again.
    """
    ranked = sorted(scored, reverse=True)
    room = whole = share * sum(weight for _, weight in ranked)
    total = 0.0
    for value, weight in ranked:
        part = min(weight, room)
        total += value * part
        room -= part
        if room <= 0:
            break
    return total / whole if whole else 0.0
