"""The teacher's answers: kept without words, mixed into targets, and learned from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters.toxicity.data import Row
from gemsieve.filters.toxicity.fast.learn import learnt
from gemsieve.filters.toxicity.fast.model import Model
from gemsieve.filters.toxicity.teacher import dump, key, read, taught

ANSWERS = st.dictionaries(st.text(st.characters(), max_size=20), st.floats(0, 1), max_size=8)


@given(ANSWERS)
def test_answers_survive_their_file_whatever_their_order(
    tmp_path_factory: pytest.TempPathFactory, answers: dict[str, float]
) -> None:
    """A file gives each text's answer back, and does not depend on the order of asking."""
    body = dump(answers)
    assert body == dump(dict(reversed(answers.items())))
    file = tmp_path_factory.mktemp("answers") / "answers.npz"
    file.write_bytes(body)
    assert read(file) == {key(text): float(np.float32(said)) for text, said in answers.items()}


def test_a_file_of_answers_holds_no_words(tmp_path: Path) -> None:
    """Neither a text nor a word of it stands in the file."""
    body = dump({"unmistakable words of somebody": 0.5})
    assert all(word not in body for word in (b"unmistakable", b"words", b"somebody"))


def test_targets_lie_between_the_label_and_the_answer() -> None:
    """Half of a target is the teacher's; a share of raters stands for the label; others stay."""
    rows = [
        Row("asked", True, "train"),
        Row("asked too", False, "train", share=0.4),
        Row("not asked", True, "train"),
    ]
    found = taught(rows, {key("asked"): 0.2, key("asked too"): 0.8}, trust=0.5)
    assert [row.target for row in found] == pytest.approx([0.6, 0.6, 1.0])
    assert [row.toxic for row in found] == [row.toxic for row in rows]


def test_a_teacher_can_overrule_labels() -> None:
    """A word that labels call harmless and the teacher toxic is learned as the teacher says."""
    rows = [Row(f"{'bad' if i % 2 else 'good'} word{i % 7}", False, "train") for i in range(60)]
    rows += [Row(f"vile thing{i % 7}", True, "train") for i in range(20)]
    answers = {key(row.text): float(not row.text.startswith("good")) for row in rows}
    scores = {}
    for name, some in (("labels", rows), ("teacher", taught(rows, answers, trust=1.0))):
        scores[name] = Model(learnt(some, ("toxicity",)))(["good word1", "bad word1"]).scores[:, 0]
    assert scores["labels"][1] < 0.5 < scores["teacher"][1]
    assert scores["teacher"][0] < 0.5
