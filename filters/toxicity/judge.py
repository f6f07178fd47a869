"""Judge texts by their passages: measures of each text, and the sentences that are toxic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from gemsieve.filters.finding import Finding
from gemsieve.filters.toxicity.fast.model import Model, Passages
from gemsieve.filters.toxicity.fast.tables import load
from gemsieve.filters.toxicity.second import SecondOpinion, cascaded
from gemsieve.filters.weights_file import weights_file

CHUNK = 250_000  # code points scored at once: NumPy's calls then cost little beside their work
WORST = 0.25
HALF = 0.5  # a sentence at least as likely toxic as not is a finding

Doubles = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]


@cache
def shipped(name: str) -> Model:
    """Load a model of the package, once a process."""
    with weights_file(name).open("rb") as file:
        return Model(load(file))


@cache
def finding(label: str, score: float) -> Finding:
    """Return the finding of a whole text; there are some ten thousand a label."""
    return Finding(f"toxicity.{label}", score)


class Judge:
    """The fast model, and the second with the band of scores in which it is asked."""

    def __init__(
        self,
        model: Model,
        opinion: SecondOpinion | None = None,
        band: tuple[float, float] = (0.0, 1.0),
    ) -> None:
        self.model, self.opinion, self.band = model, opinion, band
        self.names = model.tables.labels

    def setup(self) -> None:
        """Load the second model, if there is one."""
        if self.opinion is not None:
            self.opinion.setup()

    def __call__(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return each text's findings: its measures, and its toxic sentences by place."""
        found: list[list[Finding]] = [[] for _ in texts]
        for numbers in chunks(texts):
            for i, findings in zip(numbers, self.chunk([texts[i] for i in numbers]), strict=True):
                found[i] = findings
        return found

    def measures(self, texts: Sequence[str]) -> Doubles:
        """Return, float64 [texts, labels], the scores of texts."""
        rows = np.zeros((len(texts), len(self.names)))
        for numbers in chunks(texts):
            some = [texts[i] for i in numbers]
            rows[numbers] = worst(self.passages(some), len(some))
        return rows

    def chunk(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return the findings of a few texts."""
        passages = self.passages(texts)
        rows = worst(passages, len(texts)).tolist()
        found = [[finding(*pair) for pair in zip(self.names, row, strict=True)] for row in rows]
        likely = np.flatnonzero(passages.sentences >= HALF)
        places = passages.words.spans(passages.words.sentence, likely)
        chances = passages.sentences[likely].round(4).tolist()
        for (text, start, end), chance in zip(places, chances, strict=True):
            found[text].append(Finding("toxicity.sentence", chance, (start, end)))
        return found

    def passages(self, texts: Sequence[str]) -> Passages:
        """Score passages, and ask the second model about those that lie in the band."""
        passages = self.model(texts)
        if self.opinion is not None:
            low, high = self.band
            scores = passages.scores
            asked = np.flatnonzero((scores[:, 0] >= low) & (scores[:, 0] <= high))
            first = [dict(zip(self.names, row, strict=True)) for row in scores[asked].tolist()]
            words = [
                texts[i][start:end]
                for i, start, end in passages.words.spans(passages.words.first, asked)
            ]
            for i, row in zip(asked, cascaded(first, words, self.opinion, self.band), strict=True):
                scores[i] = [row[name] for name in self.names]
        return passages


def chunks(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield the numbers of texts to score together: ASCII ones and others apart, none too many."""
    for plain in (True, False):
        some: list[int] = []
        size = 0
        for i, text in enumerate(texts):
            if text.isascii() is plain:
                some.append(i)
                size += len(text)
                if size > CHUNK:
                    yield some
                    some, size = [], 0
        if some:
            yield some


def worst(passages: Passages, count: int, share: float = WORST) -> Doubles:
    """Return, float64 [texts, labels], the mean scores of the worst share of each text.

    This is the expected shortfall, or conditional value at risk, of Rockafellar and Uryasev
    (Journal of Risk 2, 2000): the last passage to fit counts in part. It is between the mean and
    the maximum, rises with every score, and stays the same when all is said again. To four
    decimals; 0 for a text without words.
    """
    text, sizes, scores = passages.words.text, passages.sizes, passages.scores
    result = np.zeros((count, scores.shape[1]))
    if not len(text):
        return result
    whole = np.bincount(text, sizes, count)
    room = share * whole
    before = (np.cumsum(whole) - whole)[text]
    for label in range(scores.shape[1]):
        order = np.lexsort((-scores[:, label], text))
        weight = sizes[order]
        used = np.clip(room[text] - (np.cumsum(weight) - weight - before), 0, weight)
        result[:, label] = np.bincount(text, used * scores[order, label], count)
    return np.asarray(result / np.maximum(room, 1e-9)[:, None]).round(4)
