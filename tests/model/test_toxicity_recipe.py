"""The strong tier's recipe, end to end, on made-up rows and an encoder in miniature."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from tests.filters.toxicity_lists import lists
from tests.model.tiny_encoder import TINY
from tests.model.tiny_encoder import write as write_encoder

from gemsieve.filters.toxicity import data
from gemsieve.filters.toxicity.data import SOURCES, THREADS
from gemsieve.model import toxicity_recipe
from gemsieve.model.toxicity import StrongTier, batches, tier
from gemsieve.model.toxicity.rows import LABELS
from gemsieve.model.toxicity.tuning import Tuning

SHALLOW = replace(TINY, layers=1)
NICE = ["the", "cat", "sat", "by", "a", "fire", "and", "had", "a", "nap", "in", "the", "sun"]
NASTY = ["zz", "qq"]
DETAILS: Mapping[str, Sequence[Mapping[str, object]]] = {  # of a harmless and a toxic row
    "tox_cad_reddit": ({"classes": ["Neutral"]}, {"classes": ["PersonDirectedAbuse"]}),
    "tox_gab_hate_corpus": (
        {"human_degradation": 0, "call_for_violence": 0, "vulgar_offensive": 0},
        {"human_degradation": 1, "call_for_violence": 1, "vulgar_offensive": 1},
    ),
    "tox_civil_comments_spans_pool": ({"toxic_fraction": 0.1}, {"toxic_fraction": 0.9}),
    "tox_davidson_tweets": (
        {"class": "neither", "n": 3, "n_neither": 3},
        {"class": "offensive", "n": 3, "n_neither": 0},
    ),
    "tox_toxigen_human": ({"human_toxicity_1to5": 1.0}, {"human_toxicity_1to5": 4.5}),
}


def write(folder: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write a data set as the recipe reads it."""
    folder.mkdir()
    with gzip.open(folder / "data.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


def made_up(folder: Path) -> Path:
    """Write small sets whose toxic rows have words of their own."""
    rng = random.Random(0)
    for source in (*SOURCES, THREADS):
        rows = []
        for i in range(100):
            some = rng.choices(NICE + NASTY * (8 * (i % 2)), k=4)
            if i % 2:
                some[0] = NASTY[0]
            row = {"text": " ".join(some) + f" {rng.randrange(999)}", "label": i % 2}
            detail = DETAILS.get(source.name)
            rows.append({**row, "labels": detail[i % 2]} if detail else row)
        write(folder / source.name, rows)
    books = [{"text": " ".join(NICE) + f" {i}", "source": "sotu", "lang": "en"} for i in range(30)]
    write(folder / "raw_en", books)
    write(folder / "raw_udhr", [{"text": " ".join(NICE), "code": "eng"}])
    return lists(folder)


def test_recipe_makes_a_tier_that_is_the_same_when_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs leave the same four files and no other; the tier they make tells toxic rows."""
    monkeypatch.setattr(toxicity_recipe, "PASSES", 1)
    monkeypatch.setattr(data, "TEMPLATE_ROWS", 500)
    eager = partial(Tuning, learning_rate=5e-3, layer_decay=1.0)
    monkeypatch.setattr(toxicity_recipe, "Tuning", eager)
    monkeypatch.setattr(batches, "LENGTHS", (48,))  # compiled once, not six times
    made_up(tmp_path)
    encoder = write_encoder(tmp_path / "encoder")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        toxicity_recipe.train(tmp_path, tmp_path / name, encoder, seed=1, shape=SHALLOW)
    one, two = (
        {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    )
    assert one == two
    assert set(one) == {tier.WEIGHTS, tier.VOCABULARY, tier.CONSTANTS, toxicity_recipe.CARD}
    card = one[toxicity_recipe.CARD].decode()
    assert all(source.name in card for source in SOURCES if source.language == "en")
    assert "nan" not in card

    toxicity_recipe.main(["band", "--data", str(tmp_path), "--output", str(tmp_path / "one")])
    monkeypatch.setattr(tier, "FOLDER", tmp_path / "one")
    strong = StrongTier()
    low, high = strong.band
    assert 0.0 <= low < high <= 1.0
    nice, nasty = strong(["the cat sat 5", "zz qq zz 5"])
    assert tuple(nice) == LABELS
    assert nice["toxicity"] < nasty["toxicity"]
