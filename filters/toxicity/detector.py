"""The toxicity detector: passages are scored one by one, and the worst quarter speaks for all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from gemsieve.filters.detector import PROBABILITY, Labels
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.limits.counts import ScoreCounts
from gemsieve.filters.toxicity import limits
from gemsieve.filters.toxicity.kinds import KINDS
from gemsieve.filters.toxicity.second import SecondOpinion, checked_band
from gemsieve.filters.toxicity.second import load as load_second
from gemsieve.filters.weights_file import digest

if TYPE_CHECKING:
    from gemsieve.filters.toxicity.judge import Judge

MODEL = "toxicity.npz"
FAMILY = "toxicity."
MEASURES = tuple(FAMILY + name for name in ("toxicity", *KINDS))
LABEL, SENTENCE = MEASURES[0], FAMILY + "sentence"


@dataclass(frozen=True)
class ToxicityDetector:
    """Measures how probably readers would call a text toxic, and which kind of toxic; finds where.

    A text is cut into passages of at most two times 384 characters, at the ends of sentences. Each
    score of the text is the mean over the worst quarter of its characters (the expected shortfall
    at 0.25): a line quoted in a long document does not condemn it, its length does not save it, and
    saying it twice changes little. A text without words scores 0. Sentences that are more likely
    toxic than not are findings of their own. The model card beside the weights says what they were
    learned from.

    Attributes:
        second: A better, slower model that is asked where the fast one cannot tell: a name, or a
            table of a name and its options.
        band: The probabilities, both included, between which it is asked; else what it says itself.
    """

    second: str | Mapping[str, Any] | None = None
    band: Sequence[float] | None = None

    name: ClassVar[str] = "toxicity"
    labels: ClassVar[Labels] = Labels(
        measures=dict.fromkeys(MEASURES, PROBABILITY), events=frozenset({SENTENCE})
    )
    needs: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if self.band is not None:
            checked_band(self.band)
            if self.opinion is None:
                raise ValueError("`band` says when a `second` model is asked; name one")

    @cached_property
    def opinion(self) -> SecondOpinion | None:
        """The second model, not yet loaded."""
        return None if self.second is None else load_second(self.second)

    @property
    def version(self) -> str:
        """Of this code, and of the second model with what decides when it is asked."""
        if self.opinion is None:
            return "3"
        low, high = self.asked
        return f"3, {self.opinion.name} {self.opinion.version} in {low:g}..{high:g}"

    @property
    def asked(self) -> tuple[float, float]:
        """The band in which the second model, where there is one, is asked."""
        if self.opinion is None:
            return 0.0, 1.0
        return self.opinion.band if self.band is None else checked_band(self.band)

    @property
    def weights(self) -> str:
        """SHA-256 of the model, or of the digests of both models."""
        fast = digest(MODEL)
        if self.opinion is None:
            return fast
        return hashlib.sha256((fast + self.opinion.weights).encode()).hexdigest()

    @cached_property
    def judge(self) -> Judge:
        """What scores texts, its models loaded."""
        from gemsieve.filters.toxicity.judge import Judge, shipped

        return Judge(shipped(MODEL), self.opinion, self.asked)

    def setup(self) -> None:
        """Load the models, once a process."""
        self.judge.setup()

    def score_counts(self, label: str) -> ScoreCounts | None:
        """Return the scores of the development part, for limits that are set by a target.

        They are the fast tier's: with a second model there are none.
        """
        return None if self.second is not None else limits.shipped((MODEL,)).get(label)

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return each text's measures, to four decimals, and its toxic sentences."""
        return self.judge(batch.texts)

    def __getstate__(self) -> dict[str, Any]:
        """Leave loaded models behind: each process loads its own."""
        return {"second": self.second, "band": self.band}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
