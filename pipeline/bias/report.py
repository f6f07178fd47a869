"""`bias.json` and `index.html`: what a corpus says of groups, before and after a filter.

Labels, words of closed lists and names of sources alone; no text comes near. The same corpus, seed
and code give the same bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gemsieve.filters.bias.measure_changes import sure
from gemsieve.filters.bias.measure_counts import BLOCKS, DOCUMENTS, SENTENCES, WORDS
from gemsieve.filters.bias.measure_estimate import Estimate
from gemsieve.filters.bias.measure_figures import Figure, Side, figures
from gemsieve.filters.bias.measure_sample import CAP
from gemsieve.filters.bias.measure_scores import Judge
from gemsieve.filters.bias.measure_words import lists
from gemsieve.filters.identity_terms import lexicon
from gemsieve.pipeline.bias.bias import Corpus, Reading
from gemsieve.pipeline.manifest import Manifest
from gemsieve.pipeline.storage import write_atomically

FORMAT = 1
DECIMALS = 6


@dataclass(frozen=True)
class Measured:
    """A corpus, or two, measured.

    Attributes:
        books: The manifest of the job between the two.
    """

    how: Reading
    judge: Judge
    before: Corpus
    after: Corpus | None = None
    books: Manifest | None = None

    def figures(self) -> list[Figure]:
        """Return all figures."""
        return figures(self.before.counts, self.after.counts if self.after else None)


def write(measured: Measured, folder: Path) -> Path:
    """Write both files and return the path of the page."""
    from gemsieve.pipeline.bias.page import page

    found = measured.figures()
    numbers = json.dumps(body(measured, found), indent=1, sort_keys=True) + "\n"
    write_atomically(folder / "bias.json", numbers.encode())
    write_atomically(folder / "index.html", page(measured, found).encode())
    return folder / "index.html"


def body(measured: Measured, found: Sequence[Figure]) -> dict[str, Any]:
    """Return all figures as a JSON object."""
    changed = {id(figure) for figure in sure(found)}
    sides = {"before": measured.before, "after": measured.after}
    books = measured.books
    return {
        "format": FORMAT,
        "gemsieve": version("gemsieve"),
        "settings": {
            "seed": measured.how.seed,
            "limit": measured.how.limit,
            "blocks": BLOCKS,
            "sentences_a_group": CAP,
            "toxicity_limit": measured.judge.limit,
        },
        "versions": {
            "words": lists().sha256,
            "identity": lexicon().sha256,
            "toxicity": measured.judge.detector.weights,
            "vaderSentiment": version("vaderSentiment"),
        },
        "job": {"manifest": books.digest, "policy": dict(books.policy)} if books else None,
        "corpora": {name: totals(corpus) for name, corpus in sides.items() if corpus},
        "figures": [entry(figure, id(figure) in changed) for figure in found],
    }


def totals(corpus: Corpus) -> dict[str, int]:
    """Return how large a corpus is."""
    counts = corpus.counts
    return {
        "records": corpus.records,
        "unreadable": corpus.unreadable,
        "not_english": corpus.foreign,
        "measured": counts.total(DOCUMENTS),
        "sentences": counts.total(SENTENCES),
        "words": counts.total(WORDS),
    }


def entry(figure: Figure, changed: bool) -> dict[str, Any]:
    """Return one figure."""
    return {
        "measure": figure.measure,
        "of": list(figure.of),
        "before": side(figure.before),
        "after": side(figure.after) if figure.after else None,
        "change": numbers(figure.change),
        "change_is": "ratio" if figure.ratio else "difference",
        "sure": changed,
    }


def side(one: Side) -> dict[str, Any]:
    """Return one corpus's part of a figure."""
    return {"counted": one.counted, "estimate": numbers(one.estimate)}


def numbers(estimate: Estimate | None) -> dict[str, float | None] | None:
    """Return value and bounds; JSON has no infinity, so an open bound is null."""
    if estimate is None:
        return None
    values = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {k: round(v, DECIMALS) if math.isfinite(v) else None for k, v in values.items()}
