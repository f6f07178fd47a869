"""Toxicity and sentiment of the sentences that were drawn, added up by block.

Sentiment is VADER's compound score (Hutto and Gilbert 2014, ICWSM): how pleasant the words of a
sentence are, from -1 to 1. It is not *regard*, the esteem in which a sentence holds those it speaks
of (Sheng et al. 2019, EMNLP), which needs a classifier of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol, cast

from gemsieve.filters.bias.measure_counts import Counts, Key
from gemsieve.filters.bias.measure_sample import GENERIC, Drawn, Sample
from gemsieve.filters.detector import Detector
from gemsieve.filters.finding import Batch

TOXICITY = "toxicity.toxicity"
SCALE = 10_000  # scores have four decimals, so their sums are whole numbers
BATCH = 1000
NEUTRAL = "people"  # has no valence


class Analyzer(Protocol):
    """VADER's analyzer, as far as it is used."""

    def polarity_scores(self, text: str) -> dict[str, float]:
        """Return the scores of a text; `compound` is the one of all words."""


@dataclass(frozen=True)
class Judge:
    """The detector of toxicity, and the score above which the policy acts."""

    detector: Detector
    limit: float

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """Return the toxicity of each text, in ten-thousandths.

        Raises:
            ValueError: The detector leaves a text without a score.
        """
        scores: list[int] = []
        for start in range(0, len(texts), BATCH):
            for findings in self.detector(Batch(texts[start : start + BATCH])):
                found = [f.score for f in findings if f.label == TOXICITY and f.span is None]
                if not found:
                    raise ValueError(f"detector {self.detector.name}: a text without {TOXICITY}")
                scores.append(round(SCALE * found[0]))
        return scores


def score(corpora: Sequence[tuple[Counts, Sample]], judge: Judge) -> None:
    """Add the scores of samples to their counts: `scored`, `sentiment`, `toxicity`, `toxic`.

    A sentence that several corpora hold is judged once; generalisations for toxicity alone.
    """
    drawn = sorted({one for _, sample in corpora for heap in sample.drawn.values() for one in heap})
    toxicity = dict(zip(drawn, judge([one.text for one in drawn]), strict=True))
    feelings = {one: sentiment(one) for one in drawn}
    for counts, sample in corpora:
        for key, heap in sample.drawn.items():
            for one in heap:
                counts.add(one.block, scores_of(key, toxicity[one], feelings[one], judge.limit))


def scores_of(key: str, toxicity: int, feeling: int, limit: float) -> dict[Key, int]:
    """Return what one sentence adds to the sums of a key."""
    found: dict[Key, int] = {("scored", key): 1, ("toxicity", key): toxicity}
    found["toxic", key] = int(toxicity > SCALE * limit)
    return found if key.startswith(GENERIC) else found | {("sentiment", key): feeling}


def sentiment(one: Drawn) -> int:
    """Return a sentence's compound score in ten-thousandths, the names of groups taken out.

    VADER's lexicon holds some of them (blind, mentally ill): a name must not be the feeling.
    """
    kept, reached = "", 0
    for start, end in sorted(one.mentions):
        if start >= reached:
            kept += one.text[reached:start] + NEUTRAL
        reached = max(reached, end)
    return round(SCALE * analyzer().polarity_scores(kept + one.text[reached:])["compound"])


@cache
def analyzer() -> Analyzer:
    """Load VADER's lexicon, once a process."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return cast("Analyzer", SentimentIntensityAnalyzer())
