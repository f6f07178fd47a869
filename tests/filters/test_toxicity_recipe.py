"""The recipe: split, templates, figures and training, on rows made for the purpose."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.filters.toxicity_lists import lists

from gemsieve.filters import toxicity_recipe
from gemsieve.filters.fasttext_model import load_file
from gemsieve.filters.toxicity import metrics, templates
from gemsieve.filters.toxicity.calibration import Calibration, load
from gemsieve.filters.toxicity.data import NATURAL, SOURCES, THREADS, Row, learned, part_of
from gemsieve.filters.toxicity.detector import CONSTANTS, MODEL, raw_score


@given(st.floats(0, 1), st.floats(0, 1))
def test_shipped_calibration_is_monotone(one: float, other: float) -> None:
    """A higher raw score is never a lower probability, and both ends stay in 0..1."""
    curve = load(CONSTANTS)
    low, high = sorted((one, other))
    assert 0.0 <= curve(low) <= curve(high) <= 1.0


@pytest.mark.parametrize("slope", [0.0, -1.0, float("nan"), float("inf")])
def test_calibration_refuses_a_curve_that_falls(slope: float) -> None:
    """Constants that would turn the order round are an error."""
    with pytest.raises(ValueError, match="slope"):
        Calibration(slope, 0.0)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=30))
def test_auc_is_the_share_of_pairs_in_order(pairs: list[tuple[bool, int]]) -> None:
    """The area equals its definition: pairs ranked rightly, ties counting half."""
    wins = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for toxic, high in pairs
        for harmless, low in pairs
        if toxic and not harmless
    ]
    area = metrics.auc([toxic for toxic, _ in pairs], [score for _, score in pairs])
    assert area == pytest.approx(sum(wins) / len(wins)) if wins else np.isnan(area)


def test_fit_finds_the_curve_that_made_the_labels() -> None:
    """Labels drawn from a known curve give its constants back, and scores free of error."""
    rng = np.random.default_rng(0)
    raw = rng.uniform(0.001, 0.999, 50_000)
    true = Calibration(0.6, -1.0)
    chance = np.array([true(float(x)) for x in raw])
    labels = rng.uniform(size=len(raw)) < chance
    found = metrics.fit(labels, raw)
    assert found.slope == pytest.approx(0.6, abs=0.03)
    assert found.intercept == pytest.approx(-1.0, abs=0.05)
    assert metrics.calibration_error(labels, chance) < 0.01
    assert metrics.calibration_error(labels, 1 - chance) > 0.2


def test_split_looks_at_words_alone() -> None:
    """Case, marks and spaces do not move a text to another part; the shares are as stated."""
    texts = [f"Sentence number {i}, about something" for i in range(4_000)]
    parts = [part_of(text) for text in texts]
    assert parts == [part_of(f"  {text.upper()} !!!") for text in texts]
    assert parts.count("train") / len(parts) == pytest.approx(0.8, abs=0.03)
    assert parts.count("test") / len(parts) == pytest.approx(0.1, abs=0.02)


def test_learned_rows_are_of_the_training_part_and_balanced() -> None:
    """Nothing held out is learned; the rarer class is repeated four times at most."""
    rows = [Row(f"text {i}", i % 10 == 0, ("train", "dev", "test")[i % 3]) for i in range(3_000)]
    taken = learned(rows, "tox_surge_1k")
    assert {row.part for row in taken} == {"train"}
    toxic = [row for row in taken if row.toxic]
    assert len(toxic) == 4 * len(set(toxic))
    natural = learned(rows, NATURAL)
    assert len(natural) == len(set(natural))


def write(folder: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write a data set as the recipe reads it."""
    folder.mkdir()
    with gzip.open(folder / "data.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


def test_recipe_writes_model_constants_and_card(tmp_path: Path) -> None:
    """On small made-up sets one command leaves three files: it trained twice alike, and learned."""
    rng = random.Random(0)
    writer = templates.Writer()
    for source in (*SOURCES, THREADS):
        kind = [row.text for row in writer.rows(rng, 150, templates.HARMLESS)]
        unkind = [row.text for row in writer.rows(rng, 150, templates.HOSTILE)]
        rows = [{"text": text, "label": 0} for text in kind]
        write(tmp_path / source.name, rows + [{"text": text, "label": 1} for text in unkind])
    page = "The meeting was held on Monday, and a report of it is in the library. " * 150
    documents = [{"text": f"{page}{i}", "source": "debian:git-doc", "lang": "en"} for i in range(5)]
    books = [{"text": f"Chapter {i}. {page}", "source": "sotu", "lang": "en"} for i in range(30)]
    write(tmp_path / "raw_en", documents + books)
    write(tmp_path / "raw_multi", [{"text": page, "source": "x", "lang": "de"}])
    write(tmp_path / "raw_udhr", [{"text": page, "code": "eng"}])

    lists(tmp_path)
    output = tmp_path / "out"
    toxicity_recipe.main(["--data", str(tmp_path), "--output", str(output)])
    assert {path.name for path in output.iterdir()} == {MODEL, CONSTANTS, "toxicity.md"}
    model = load_file(output / MODEL)
    scores = [raw_score(model, text.lower()) for text in (*kind, *unkind)]
    assert metrics.auc([False] * len(kind) + [True] * len(unkind), scores) > 0.9
    Calibration(**json.loads((output / CONSTANTS).read_text("utf-8")))
    card = (output / "toxicity.md").read_text("utf-8")
    assert all(source.name in card for source in SOURCES)
    assert "nan" not in card
