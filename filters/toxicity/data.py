"""The rows that the model learns from and is measured on: origin, terms, part of the split."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Literal

from gemsieve.filters.toxicity import templates
from gemsieve.filters.toxicity.kinds import kinds_of, share_of
from gemsieve.filters.toxicity.text import normalise, passages

Part = Literal["train", "dev", "test"]


@dataclass(frozen=True)
class Source:
    """A labelled set, its language, what its toxic label means, and its terms."""

    name: str
    language: str
    meaning: str
    licence: str


# `tox_semeval2021_spans` stays out: its texts are those of `tox_civil_comments_spans_pool`.
SOURCES = (
    Source("tox_cad_reddit", "en", "abuse of an identity, a person or a side; slurs", "CC BY 4.0"),
    Source("tox_civil_comments_spans_pool", "en", "over half of raters: toxic", "CC0 1.0"),
    Source("tox_convabuse", "en", "abuse of a chatbot, expert raters", "CC BY 4.0"),
    Source("tox_davidson_tweets", "en", "hate or offence; sampled by slurs", "MIT"),
    Source("tox_edos_sexism", "en", "sexism; negatives not used in training", "CC0 1.0"),
    Source("tox_gab_hate_corpus", "en", "degradation, violence, vulgar offence", "CC BY 4.0"),
    Source("tox_hatemoji_build", "en", "hate with emoji, written to mislead", "CC BY 4.0"),
    Source("tox_implicit_hate", "en", "implicit or explicit hate", "CC BY 4.0"),
    Source("tox_paradetox", "en", "toxic; negatives are rewrites of positives", "CC0 1.0"),
    Source("tox_stormfront", "en", "hate, by sentence", "CC BY-SA 3.0 ES"),
    Source("tox_surge_1k", "en", "toxic", "MIT"),
    Source("tox_toxigen_human", "en", "hate in machine-written text, human raters", "MIT"),
    Source("tox_wikipedia_cat_large", "en", "toxic; about 1 %", "Apache-2.0; text CC BY-SA 3.0"),
    Source("tox_wikipedia_talk", "en", "any toxicity", "CC0 1.0; text CC BY-SA 3.0"),
    Source("tox_multi_cold_zh", "zh", "offence; half-automatic labels", "Apache-2.0"),
    Source("tox_multi_germeval2018_de", "de", "offence", "CC BY 4.0"),
    Source("tox_multi_korean_ko", "ko", "hate or offence", "CC BY-SA 4.0"),
    Source("tox_multi_toldbr_pt", "pt", "any category, two of three raters", "CC BY-SA 4.0"),
)
# Learned from, but no toxicity set to be measured by: whole threads with answers of two models.
THREADS = Source(
    "safety_toxichat_train", "en", "offensive; threads, models' answers", "CC BY-SA 4.0"
)
NATURAL = "tox_wikipedia_cat_large"  # near a natural base rate: never balanced
DOUBTFUL = "tox_edos_sexism"  # its negatives are not sexist, yet may be toxic

# Harmless text to learn from: the sources of `raw_en` without share-alike terms.
DOCUMENTS = frozenset(
    {"gutenberg", "sotu", "tinyshakespeare", "debian:python3.11-doc", "debian:postgresql-doc-15"}
    | {"c4-sample", "dolma-testdata"}
)
MOST_PASSAGES = 30_000
MOST_COPIES = 4
TEMPLATE_ROWS = 32_000


@dataclass(frozen=True, slots=True)
class Row:
    """One text with its label and its part of the split.

    Attributes:
        kinds: What its set tells of `insult`, `threat` and the like; an absent one is unknown.
        share: Which share of raters called it toxic; None where its set does not tell.
        source: Its labelled set; "" for what has none.
    """

    text: str
    toxic: bool
    part: Part
    kinds: Mapping[str, bool] = field(default_factory=dict, hash=False)
    share: float | None = None
    source: str = ""

    @property
    def target(self) -> float:
        """What a model should answer: the share of raters where it is known, else the label."""
        return float(self.toxic) if self.share is None else self.share


def part_of(text: str) -> Part:
    """Deal 80 % to training, 10 % to development, 10 % to test, by the words of the text alone."""
    words = " ".join(word for word in normalise(text).split() if word[0].isalnum())
    slot = hashlib.sha256(words.encode("utf-8", "replace")).digest()[0] / 256
    return "train" if slot < 0.8 else "dev" if slot < 0.9 else "test"


def records(data: Path, folder: str) -> Iterator[dict[str, Any]]:
    """Read one folder's rows.

    Raises:
        FileNotFoundError: The folder is not there; names it.
    """
    with gzip.open(data / folder / "data.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def labelled(data: Path, source: Source) -> list[Row]:
    """Read a labelled set; both sides of a rewritten pair go to the same part."""
    return [
        Row(
            record["text"],
            bool(record["label"]),
            part_of((record.get("labels") or {}).get("rewrite_of") or record["text"]),
            kinds_of(source.name, record.get("labels"), bool(record["label"])),
            share_of(source.name, record.get("labels")),
            source.name,
        )
        for record in records(data, source.name)
    ]


def learned(rows: Sequence[Row], name: str) -> list[Row]:
    """Return a set's rows for training, its rarer class repeated so that the source tells less."""
    rows = [row for row in rows if row.part == "train"]
    if name == NATURAL:
        return rows
    if name == DOUBTFUL:
        return [row for row in rows if row.toxic]
    rare, common = sorted(([r for r in rows if r.toxic is kind] for kind in (True, False)), key=len)
    return [*common, *islice(cycle(rare), min(len(common), MOST_COPIES * len(rare)))]


def harmless(data: Path, rng: random.Random) -> list[Row]:
    """Return passages of books, speeches, documentation and declarations, labelled harmless."""
    texts = [r["text"] for r in records(data, "raw_en") if r["source"] in DOCUMENTS]
    cut = [p for text in texts if part_of(text) == "train" for p in passages(normalise(text))]
    chosen = rng.sample(cut, min(MOST_PASSAGES, len(cut)))
    declarations = [p for r in records(data, "raw_udhr") for p in passages(normalise(r["text"]))]
    return [Row(p, False, "train") for p in (*chosen, *declarations)]


def augmented(rng: random.Random, data: Path | None = None) -> list[Row]:
    """Return template sentences: every group is named in harmless and hostile ones alike."""
    written = templates.sentences(rng, TEMPLATE_ROWS, data)
    return [Row(one.text, one.toxic, "train", one.kinds) for one in written]
