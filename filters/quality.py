"""Quality of a text by the rules that filtered Gopher's web pages, as measures.

Rae et al. 2021, "Scaling Language Models" (arXiv 2112.11446), appendix A.1.1, quality filtering
and repetition removal, with table A1. The paper's limits stand in the policy: here is only what
they are limits on. They were set for English web pages.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import filterfalse

from gemsieve.filters.detector import PROBABILITY, Labels
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.quality_lines import line_measures

COUNT = (0.0, math.inf)
WORD_MEASURES = {
    "word_count": COUNT,
    "mean_word_length": COUNT,
    "hash_word_ratio": COUNT,
    "ellipsis_word_ratio": COUNT,
    "alphabetic_word_share": PROBABILITY,
    "stop_words": (0.0, 8.0),
}
LINE_MEASURES = (
    "bullet_line_share",
    "ellipsis_line_share",
    "duplicate_line_share",
    "duplicate_paragraph_share",
    "duplicate_line_character_share",
    "duplicate_paragraph_character_share",
)
NGRAM_MEASURES = (
    *(f"top_{n}gram_character_share" for n in (2, 3, 4)),
    *(f"duplicate_{n}gram_character_share" for n in (5, 6, 7, 8, 9, 10)),
)
RANGES = WORD_MEASURES | dict.fromkeys(LINE_MEASURES + NGRAM_MEASURES, PROBABILITY)

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
STOP_FORMS = frozenset(f for w in STOP_WORDS for f in (w, w.capitalize(), w.upper()))

# Texts are counted together until they have this many characters: enough to make NumPy's calls
# cheap, few enough that the arrays stay in the processor's cache and memory stays small.
CHARACTERS = 1 << 19


@dataclass(frozen=True)
class QualityDetector:
    """Measures every text by Gopher's rules; all measures are finite, for the empty text too.

    A word is a maximal run without white space, as `str.split` gives it, compared as it stands:
    the paper does not say what a word is, and this needs no model and holds for any language that
    puts spaces between words.
    """

    name = "quality"
    version = "1"
    weights = ""
    needs = ()

    @cached_property
    def labels(self) -> Labels:
        """All it emits: measures only."""
        return Labels(measures={f"quality.gopher.{key}": r for key, r in RANGES.items()})

    def setup(self) -> None:
        """Import NumPy; there is no model."""
        from gemsieve.filters import quality_ngrams  # noqa: F401

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return every measure of every text."""
        return [findings for texts in grouped(batch.texts) for findings in measured(texts)]


def grouped(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the texts in runs of about `CHARACTERS`."""
    group: list[str] = []
    size = 0
    for text in texts:
        group.append(text)
        size += len(text)
        if size >= CHARACTERS:
            yield group
            group, size = [], 0
    if group:
        yield group


def measured(texts: Sequence[str]) -> Iterator[list[Finding]]:
    """Yield the findings of each text."""
    from gemsieve.filters.quality_ngrams import shares

    split = [text.split() for text in texts]
    for text, words, row in zip(texts, split, shares(split).tolist(), strict=True):
        values = word_measures(text, words) | line_measures(text)
        values |= dict(zip(NGRAM_MEASURES, row, strict=True))
        yield [Finding(f"quality.gopher.{key}", float(values[key])) for key in RANGES]


def word_measures(text: str, words: Sequence[str]) -> dict[str, float]:
    """Return the measures of a text's words; all are 0 when it has none.

    Symbols are counted wherever they stand, in or between words: `#`, and `...` (without overlap)
    or `…`. A word is alphabetic when one character of it is. Stop words count once each, in lower
    or upper case or with a capital.
    """
    total = max(len(words), 1)
    others = filterfalse(str.isalpha, words)
    # Most of the others end in a comma or the like: looking at their first character is cheap.
    numeric = sum(not (word[0].isalpha() or any(map(str.isalpha, word))) for word in others)
    return {
        "word_count": len(words),
        "mean_word_length": sum(map(len, words)) / total,
        "hash_word_ratio": text.count("#") / total,
        "ellipsis_word_ratio": (text.count("...") + text.count("…")) / total,
        "alphabetic_word_share": (len(words) - numeric) / total,
        "stop_words": len({word.lower() for word in STOP_FORMS.intersection(words)}),
    }
