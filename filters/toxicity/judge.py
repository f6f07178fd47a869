"""Judge texts by their passages: measures of each text, and the sentences that are toxic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from operator import getitem

import numpy as np
import numpy.typing as npt

from gemsieve.filters.finding import Finding
from gemsieve.filters.toxicity.fast.model import Model, Passages
from gemsieve.filters.toxicity.fast.native import native
from gemsieve.filters.toxicity.fast.tables import load
from gemsieve.filters.toxicity.second import SecondOpinion, cascaded
from gemsieve.filters.weights_file import weights_file

CHUNK = 250_000  # code points scored at once: NumPy's calls then cost little beside their work
WORST = 0.25
FINE = 10_000  # steps of a text's score
HALF = 0.5  # a sentence at least as likely toxic as not is a finding

Doubles = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]


@cache
def shipped(name: str) -> Model:
    """Load a model of the package, once a process."""
    with weights_file(name).open("rb") as file:
        return Model(load(file))


@cache
def measure(label: str) -> list[Finding]:
    """Return the findings that a whole text may have of one label, by score in ten thousandths."""
    return [Finding(f"toxicity.{label}", score / FINE) for score in range(FINE + 1)]


class Judge:
    """The fast model, and the second with the band of scores in which it is asked."""

    def __init__(
        self,
        model: Model,
        opinion: SecondOpinion | None = None,
        band: tuple[float, float] = (0.0, 1.0),
    ) -> None:
        self.model, self.opinion, self.band = model, opinion, band
        self.names = model.labels

    def setup(self) -> None:
        """Compile what is not kept compiled, and load the second model, if there is one."""
        worst(self.model([""]), 1)
        if self.opinion is not None:
            self.opinion.setup()

    def __call__(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return each text's findings: its measures, and its toxic sentences by place."""
        return [findings for part in chunks(texts) for findings in self.chunk(texts[part])]

    def measures(self, texts: Sequence[str]) -> Doubles:
        """Return, float64 [texts, labels], the scores of texts."""
        rows = np.zeros((len(texts), len(self.names)))
        for part in chunks(texts):
            rows[part] = worst(self.passages(texts[part]), len(rows[part]))
        return (rows * FINE).round() / FINE

    def chunk(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return the findings of a few texts."""
        passages = self.passages(texts)
        rows = (worst(passages, len(texts)) * FINE).round().astype(int).tolist()
        measures = [measure(name) for name in self.names]
        pick: Callable[[list[Finding], int], Finding] = getitem
        found = [[*map(pick, measures, row)] for row in rows]
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


def chunks(texts: Sequence[str]) -> Iterator[slice]:
    """Yield which texts to score together: those that lie side by side, none too many."""
    start = size = 0
    for i, text in enumerate(texts, 1):
        size += len(text)
        if size > CHUNK or i == len(texts):
            yield slice(start, i)
            start, size = i, 0


def worst(passages: Passages, count: int, share: float = WORST) -> Doubles:
    """Return, float64 [texts, labels], the mean scores of the worst share of each text.

    This is the expected shortfall, or conditional value at risk, of Rockafellar and Uryasev
    (Journal of Risk 2, 2000): the last passage to fit counts in part. It is between the mean and
    the maximum, rises with every score, and stays the same when all is said again. 0 for a text
    without words.
    """
    return shortfall(passages.words.text, passages.sizes, passages.scores, count, share)


@native
def shortfall(text: Indexes, sizes: Indexes, scores: Doubles, count: int, share: float) -> Doubles:
    """Return what `worst` does of passages that are ordered by their text."""
    result = np.zeros((count, scores.shape[1]))
    head = 0
    while head < len(text):
        tail, whole = head, 0
        while tail < len(text) and text[tail] == text[head]:
            whole += sizes[tail]
            tail += 1
        order = np.arange(head, tail)
        for label in range(scores.shape[1]):
            if not falling(scores, order, label):  # labels often agree
                order = head + np.argsort(-scores[head:tail, label])
            total, room = 0.0, share * whole
            for i in order:
                used = min(room, sizes[i])
                total += used * scores[i, label]
                room -= used
                if room <= 0:
                    break
            result[text[head], label] = total / (share * whole)
        head = tail
    return result


@native
def falling(scores: Doubles, order: Indexes, label: int) -> bool:
    """Say whether a label's scores never rise in an order."""
    falls = True
    for i in range(1, len(order)):
        falls &= scores[order[i], label] <= scores[order[i - 1], label]
    return falls
