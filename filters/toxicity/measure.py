"""What the model card reports: figures on text that training never saw."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gemsieve.filters.toxicity import metrics
from gemsieve.filters.toxicity.data import DOCUMENTS, Row, part_of, records
from gemsieve.filters.toxicity.fast.learn import truths
from gemsieve.filters.toxicity.held_out import HELD_OUT_HARMLESS, HELD_OUT_HOSTILE, held_out
from gemsieve.filters.toxicity.judge import Judge

# Shares of a long harmless document that are replaced by toxic posts.
SHARES = (0.02, 0.05, 0.1, 0.25, 0.5)
MIXTURE_CHARACTERS = 8_000
MIXTURES = 200


@dataclass(frozen=True)
class Figures:
    """Scores of documents by what they are; the card turns them into rates at its limits.

    Attributes:
        sets: By labelled set, the labels and scores of its test part.
        kinds: By kind of toxicity, truth and scores where sets tell of it.
        documents: By kind of harmless document, the scores.
        groups: By identity group, the scores of harmless sentences that name it.
        hostile: The scores of hostile sentences over the same groups.
        mixtures: By share of toxic text in a long harmless document, the scores.
    """

    sets: Mapping[str, tuple[list[bool], list[float]]]
    kinds: Mapping[str, tuple[list[bool], list[float]]]
    documents: Mapping[str, list[float]]
    groups: Mapping[str, list[float]]
    hostile: list[float]
    mixtures: Mapping[float, list[float]]


def measure(data: Path, rows: Mapping[str, Sequence[Row]], judge: Judge, seed: int) -> Figures:
    """Score the test part of everything, as the detector would."""
    rng = random.Random(seed)
    test = {name: [r for r in some if r.part == "test"] for name, some in rows.items()}
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for group, sentence in held_out(HELD_OUT_HARMLESS, rng):
        groups[group].append(sentence)
    hostile = [sentence for _, sentence in held_out(HELD_OUT_HOSTILE, rng)]
    return Figures(
        sets={
            name: ([r.toxic for r in some], scores(judge, [r.text for r in some]))
            for name, some in test.items()
        },
        kinds=kinds(judge, [r for some in test.values() for r in some]),
        documents=documents(data, judge),
        groups={group: scores(judge, some) for group, some in groups.items()},
        hostile=scores(judge, hostile),
        mixtures=mixtures(data, test, judge, rng),
    )


def scores(judge: Judge, texts: Sequence[str]) -> list[float]:
    """Return the toxicity of texts."""
    found: list[float] = judge.measures(texts)[:, 0].tolist()
    return found


def kinds(judge: Judge, rows: Sequence[Row]) -> dict[str, tuple[list[bool], list[float]]]:
    """Return, by kind, truth and score of the rows whose set tells of it."""
    columns = judge.measures([row.text for row in rows]).T
    found = {}
    for name, column in zip(judge.names[1:], columns[1:], strict=True):
        known, truth = truths(rows, name)
        found[name] = truth, column[known].tolist()
    return found


def documents(data: Path, judge: Judge) -> dict[str, list[float]]:
    """Score harmless documents: of sources learned from (test part), of others, of languages."""
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for record in records(data, "raw_en"):
        known = record["source"] in DOCUMENTS
        if not known or part_of(record["text"]) == "test":
            kind = "English, sources learned from" if known else "English, other sources"
            texts[kind].append(record["text"])
    for record in records(data, "raw_multi"):
        texts[record["lang"]].append(record["text"])
    return {kind: scores(judge, some) for kind, some in texts.items()}


def mixtures(
    data: Path, test: Mapping[str, Sequence[Row]], judge: Judge, rng: random.Random
) -> dict[float, list[float]]:
    """Score long harmless documents of which a share, in one run, is toxic posts."""
    base = [
        record["text"][:MIXTURE_CHARACTERS]
        for record in records(data, "raw_en")
        if record["source"] not in DOCUMENTS and len(record["text"]) >= MIXTURE_CHARACTERS
    ]
    posts = [r.text for r in test["tox_wikipedia_talk"] if r.toxic]
    return {
        share: scores(
            judge,
            [mixed(text, posts, share, rng) for text in rng.sample(base, min(MIXTURES, len(base)))],
        )
        for share in (0.0, *SHARES)
    }


def mixed(text: str, posts: Sequence[str], share: float, rng: random.Random) -> str:
    """Return a document of which a share, in one run, is posts."""
    length = int(share * MIXTURE_CHARACTERS)
    run = ""
    while len(run) < length:
        run += rng.choice(posts) + "\n"
    place = rng.randrange(len(text) - length)
    return f"{text[:place]}\n{run[:length]}\n{text[place + length :]}"


def mean_auc(figures: Figures, names: Sequence[str]) -> float:
    """Return the mean over labelled sets of the area under the curve within each."""
    return sum(metrics.auc(*figures.sets[name]) for name in names) / len(names)
