"""What the model card reports: figures on text that training never saw."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gemsieve.filters.toxicity import metrics
from gemsieve.filters.toxicity.data import DOCUMENTS, Row, part_of, records
from gemsieve.filters.toxicity.detector import document_score
from gemsieve.filters.toxicity.held_out import HELD_OUT_HARMLESS, HELD_OUT_HOSTILE, held_out

PassageScore = Callable[[str], float]

# Shares of a long harmless document that are replaced by toxic posts.
SHARES = (0.02, 0.05, 0.1, 0.25, 0.5)
MIXTURE_CHARACTERS = 8_000
MIXTURES = 200


@dataclass(frozen=True)
class Figures:
    """Scores of documents by what they are; the card turns them into rates at its limits.

    Attributes:
        sets: By labelled set, the labels and scores of its test part.
        documents: By kind of harmless document, the scores.
        groups: By identity group, the scores of harmless sentences that name it.
        hostile: The scores of hostile sentences over the same groups.
        mixtures: By share of toxic text in a long harmless document, the scores.
    """

    sets: Mapping[str, tuple[list[bool], list[float]]]
    documents: Mapping[str, list[float]]
    groups: Mapping[str, list[float]]
    hostile: list[float]
    mixtures: Mapping[float, list[float]]


def measure(
    data: Path, rows: Mapping[str, Sequence[Row]], score: PassageScore, seed: int
) -> Figures:
    """Score the test part of everything, as the detector would."""
    rng = random.Random(seed)
    test = {name: [r for r in some if r.part == "test"] for name, some in rows.items()}
    groups: defaultdict[str, list[float]] = defaultdict(list)
    for group, sentence in held_out(HELD_OUT_HARMLESS, rng):
        groups[group].append(document_score(sentence, score))
    hostile = [document_score(s, score) for _, s in held_out(HELD_OUT_HOSTILE, rng)]
    return Figures(
        sets={
            name: ([r.toxic for r in some], [document_score(r.text, score) for r in some])
            for name, some in test.items()
        },
        documents=documents(data, score),
        groups=groups,
        hostile=hostile,
        mixtures=mixtures(data, test, score, rng),
    )


def documents(data: Path, score: PassageScore) -> dict[str, list[float]]:
    """Score harmless documents: of sources learned from (test part), of others, of languages."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for record in records(data, "raw_en"):
        known = record["source"] in DOCUMENTS
        if not known or part_of(record["text"]) == "test":
            kind = "English, sources learned from" if known else "English, other sources"
            found[kind].append(document_score(record["text"], score))
    for record in records(data, "raw_multi"):
        found[record["lang"]].append(document_score(record["text"], score))
    return found


def mixtures(
    data: Path, test: Mapping[str, Sequence[Row]], score: PassageScore, rng: random.Random
) -> dict[float, list[float]]:
    """Score long harmless documents of which a share, in one run, is toxic posts."""
    base = [
        record["text"][:MIXTURE_CHARACTERS]
        for record in records(data, "raw_en")
        if record["source"] not in DOCUMENTS and len(record["text"]) >= MIXTURE_CHARACTERS
    ]
    posts = [r.text for r in test["tox_wikipedia_talk"] if r.toxic]
    scores: dict[float, list[float]] = {}
    for share in (0.0, *SHARES):
        scores[share] = []
        for text in rng.sample(base, min(MIXTURES, len(base))):
            length = int(share * MIXTURE_CHARACTERS)
            run = ""
            while len(run) < length:
                run += rng.choice(posts) + "\n"
            place = rng.randrange(len(text) - length)
            mixed = f"{text[:place]}\n{run[:length]}\n{text[place + length :]}"
            scores[share].append(document_score(mixed, score))
    return scores


def mean_auc(figures: Figures, names: Sequence[str]) -> float:
    """Return the mean over labelled sets of the area under the curve within each."""
    return sum(metrics.auc(*figures.sets[name]) for name in names) / len(names)
