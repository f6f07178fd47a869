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
from gemsieve.filters.toxicity import metrics, templates
from gemsieve.filters.toxicity.calibration import Calibration
from gemsieve.filters.toxicity.data import NATURAL, SOURCES, THREADS, Row, learned, part_of
from gemsieve.filters.toxicity.detector import MODEL
from gemsieve.filters.toxicity.fast import fit
from gemsieve.filters.toxicity.fast.model import Model
from gemsieve.filters.toxicity.fast.tables import load
from gemsieve.filters.toxicity.judge import Judge
from gemsieve.filters.toxicity.kinds import KINDS, kinds_of
from gemsieve.filters.toxicity.limits import LIMITS


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
    chance = 1 / (1 + np.exp(1.0 - 0.6 * np.log(raw / (1 - raw))))
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


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write small sets of template sentences, two of which tell of kinds, and pages of prose."""
    folder = tmp_path_factory.mktemp("data")
    rng = random.Random(0)
    writer = templates.Writer()
    for source in (*SOURCES, THREADS):
        rows = [
            {"text": row.text, "label": int(row.toxic), "labels": detail(source.name, row.kinds)}
            for which in (templates.HARMLESS, templates.HOSTILE)
            for row in writer.rows(rng, 60, which)
        ]
        write(folder / source.name, rows)
    page = "The meeting was held on Monday, and a report of it is in the library. " * 150
    documents = [{"text": f"{page}{i}", "source": "debian:git-doc", "lang": "en"} for i in range(5)]
    books = [{"text": f"Chapter {i}. {page}", "source": "sotu", "lang": "en"} for i in range(30)]
    write(folder / "raw_en", documents + books)
    write(folder / "raw_multi", [{"text": page, "source": "x", "lang": "de"}])
    write(folder / "raw_udhr", [{"text": page, "code": "eng"}])
    lists(folder)
    return folder


def detail(source: str, kinds: Mapping[str, bool]) -> dict[str, object]:
    """Return what a set tells of a text, as two of the sets here tell it; others tell nothing."""
    if source == "tox_cad_reddit":
        classes = {"insult": "PersonDirectedAbuse", "identity_attack": "IdentityDirectedAbuse"}
        return {"classes": [name for kind, name in classes.items() if kinds.get(kind)]}
    if source == "tox_gab_hate_corpus":
        votes = {
            "human_degradation": "identity_attack",
            "call_for_violence": "threat",
            "vulgar_offensive": "profanity",
        }
        return {name: int(kinds.get(kind, False)) for name, kind in votes.items()}
    return {}


def test_recipe_writes_the_same_model_counts_and_card_again(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On small made-up sets one command leaves three files, twice the same bytes, and learned."""
    monkeypatch.setattr(fit, "STEPS", 10)
    for output in ("one", "two"):
        toxicity_recipe.main(["--data", str(data), "--output", str(tmp_path / output)])
    names = {MODEL, LIMITS, "toxicity.md"}
    assert {path.name for path in (tmp_path / "one").iterdir()} == names
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    with (tmp_path / "one" / MODEL).open("rb") as file:
        judge = Judge(Model(load(file)))
    rows = templates.sentences(random.Random(9), 300, None)
    scores = judge.measures([row.text for row in rows])[:, 0]
    assert metrics.auc([row.toxic for row in rows], scores) > 0.8
    card = (tmp_path / "one" / "toxicity.md").read_text("utf-8")
    assert all(source.name in card for source in SOURCES)
    assert all(f"| {kind} |" in card for kind in KINDS)
    assert "nan" not in card


def test_kinds_are_told_only_where_a_set_asks() -> None:
    """A set that asks about a kind tells true or false of it; of others, and elsewhere, nothing."""
    told = kinds_of("tox_gab_hate_corpus", detail("tox_gab_hate_corpus", {"threat": True}), True)
    assert told == {"identity_attack": False, "threat": True, "profanity": False}
    assert kinds_of("tox_surge_1k", {"anything": 1}, True) == {}
    assert kinds_of("tox_gab_hate_corpus", None, True) == {}
