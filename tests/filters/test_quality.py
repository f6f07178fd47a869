"""The Gopher measures: by hand, against a plain reading of their definitions, and under attack."""

from __future__ import annotations

import math
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.counting import calls

from gemsieve.filters.finding import Batch
from gemsieve.filters.quality import CHARACTERS, QualityDetector

BENCH = Path(__file__).parents[2] / "bench" / "quality.py"
reference = runpy.run_path(str(BENCH))["reference"]

# Few distinct words, lines and paragraphs, so that what repeats is what is tested.
WORD = st.sampled_from(["the", "The", "of", "a", "bb", "#x", "...", "…", "12", "é,", "-", "\ud800"])
LINE = st.lists(WORD, max_size=12).map(" ".join)
BREAK = st.sampled_from(["\n", "\n\n", "\n \n", "\r\n", "\n\n\n", " ", "\u2028"])
REPETITIVE = st.lists(st.tuples(LINE, BREAK), max_size=12).map(lambda p: "".join(map("".join, p)))
TEXTS = st.lists(REPETITIVE | st.text(st.characters()), max_size=6)


def measure(*texts: str) -> list[dict[str, float]]:
    """Return the measures of texts in one batch, by the last part of their label."""
    found = QualityDetector()(Batch(texts))
    return [{f.label.rpartition(".")[2]: f.score for f in findings} for findings in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"word_count": 0, "mean_word_length": 0, "alphabetic_word_share": 0}),
        ("a bb ccc", {"word_count": 3, "mean_word_length": 2, "top_2gram_character_share": 0}),
        ("# a #b ......", {"hash_word_ratio": 0.5, "ellipsis_word_ratio": 0.5}),
        ("x1 22 3,3 é", {"alphabetic_word_share": 0.5}),
        ("The THE of the, tHE", {"stop_words": 2}),
        ("- a\n\n * b\nc-d\n", {"bullet_line_share": 2 / 3, "duplicate_line_share": 0}),
        ("a...\nb … \n\nc", {"ellipsis_line_share": 2 / 3}),
        ("aa\nb\n aa\naa", {"duplicate_line_share": 0.5, "duplicate_line_character_share": 4 / 7}),
        (
            "a\nb\n \na\nb\n\nccc\n\na",
            {"duplicate_paragraph_share": 0.25, "duplicate_paragraph_character_share": 0.3},
        ),
        # "a a" occurs three times; its four words are counted once each.
        ("a a a a bbbb", {"top_2gram_character_share": 0.5, "top_4gram_character_share": 0}),
        # Both pairs occur twice: the longer one counts.
        ("a b x cc dd y a b z cc dd", {"top_2gram_character_share": 8 / 15}),
        # The second run is a copy of the first, which is not one itself.
        ("a b c d e x a b c d e", {"duplicate_5gram_character_share": 5 / 11}),
        # Overlapping copies at the second and third word cover words two to seven, once.
        ("a " * 7, {"duplicate_5gram_character_share": 6 / 7}),
    ],
)
def test_measures_have_the_values_worked_out_by_hand(text: str, expected: dict[str, float]) -> None:
    """Each definition gives what a reader of its docstring would count."""
    (measured,) = measure(text)
    assert {key: measured[key] for key in expected} == pytest.approx(expected)


@given(TEXTS)
@settings(max_examples=300)
def test_every_measure_equals_the_plain_reference(texts: list[str]) -> None:
    """The arrays compute exactly what the definitions say, whatever stands in the same batch."""
    assert measure(*texts) == [reference(text) for text in texts]


@given(st.text(st.characters()))
def test_every_measure_is_owed_finite_and_in_range(text: str) -> None:
    """No text lacks a measure or takes one outside the range that it declares."""
    detector = QualityDetector()
    (findings,) = detector(Batch([text]))
    ranges = detector.labels.measures
    assert [f.label for f in findings] == list(ranges)
    for f in findings:
        assert f.span is None
        assert math.isfinite(f.score)
        assert ranges[f.label][0] <= f.score <= ranges[f.label][1]


def test_texts_counted_in_several_groups_are_measured_as_if_alone() -> None:
    """The cut of a large batch into groups changes nothing."""
    texts = [f"again and again {i} " * (CHARACTERS // 50) for i in range(7)] + ["", "end"]
    assert measure(*texts) == [measure(text)[0] for text in texts]


@pytest.mark.parametrize(
    ("unit", "times"),
    [("x", 10_000_000), ("\n", 1_000_000), ("a\n\n", 300_000), ("a ", 300_000), ("1", 5_000_000)],
    ids=["one word", "empty lines", "equal paragraphs", "equal words", "one number"],
)
def test_hostile_texts_cost_in_proportion(unit: str, times: int) -> None:
    """A hostile text four times as long takes at most some four times the calls, not sixteen."""
    detector = QualityDetector()
    detector.setup()
    small, large = Batch([unit * (times // 4)]), Batch([unit * times])
    assert calls(lambda: detector(large)) <= 5 * calls(lambda: detector(small))


def test_reading_labels_imports_no_numpy() -> None:
    """A policy can be checked without the cost of the arrays."""
    code = (
        "import sys; from gemsieve.filters.quality import QualityDetector;"
        "assert len(QualityDetector().labels.measures) == 21; assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
