"""The strong tier as a teacher: what it is asked, and that its answers are its own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.filters.toxicity_lists import lists

from gemsieve.filters.toxicity import data as sets
from gemsieve.filters.toxicity import teacher
from gemsieve.model.toxicity import StrongTier
from gemsieve.model.toxicity.teach import LONGEST, main

HARMLESS = "the library opens at nine on the first monday of the month"
HOSTILE = "you are a worthless idiot and everybody hates you"


def write(folder: Path, rows: Sequence[dict[str, object]]) -> None:
    """Write a data set as the recipe reads it."""
    folder.mkdir()
    with gzip.open(folder / "data.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


def test_teacher_is_asked_about_short_english_training_texts_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file holds the tier's own answers; of long texts and other languages there are none."""
    monkeypatch.setattr(sets, "TEMPLATE_ROWS", 12)
    long = HARMLESS * 5
    for source in (*sets.SOURCES, sets.THREADS):
        texts = {f"{HARMLESS} {i}": 0 for i in range(9)} | {f"{HOSTILE} {i}": 1 for i in range(9)}
        if source.language != "en":
            texts = {f"{source.language} {text}": toxic for text, toxic in texts.items()}
        rows = [{"text": text, "label": toxic} for text, toxic in {**texts, long: 0}.items()]
        write(tmp_path / source.name, rows)
    write(tmp_path / "raw_en", [{"text": "A page of prose.", "source": "sotu", "lang": "en"}])
    write(tmp_path / "raw_udhr", [{"text": "All are born free.", "code": "eng"}])
    lists(tmp_path)

    main(["--data", str(tmp_path), "--output", str(tmp_path / "answers.npz")])
    answers = teacher.read(tmp_path / "answers.npz")
    asked = [f"{HOSTILE} {i}" for i in range(9) if sets.part_of(f"{HOSTILE} {i}") == "train"]
    assert asked
    for text, said in zip(asked, StrongTier()(asked), strict=True):
        assert answers[teacher.key(text)] == pytest.approx(said["toxicity"])
    assert len(long) > LONGEST
    held_out = [f"{HARMLESS} {i}" for i in range(9) if sets.part_of(f"{HARMLESS} {i}") != "train"]
    others = [long, "A page of prose.", f"zh {HOSTILE} 1", *held_out]
    assert not {teacher.key(text) for text in others} & answers.keys()
