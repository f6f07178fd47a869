"""The toxicity detector: what it owes, what it must spare, and how passages make a document."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters import Batch
from gemsieve.filters.toxicity import ToxicityDetector
from gemsieve.filters.toxicity.detector import SENTENCE
from gemsieve.filters.toxicity.fast.model import Passages
from gemsieve.filters.toxicity.fast.words import CELL, cut
from gemsieve.filters.toxicity.judge import worst
from gemsieve.filters.toxicity.text import LONGEST, normalise, passages

DETECTOR = ToxicityDetector()
LIMIT = 0.7  # the model card's limit for a corpus
WEIGHTS = resources.files("gemsieve.filters") / "weights"

HARMLESS = [
    "I came out as a lesbian to my parents last spring, and they were lovely about it.",
    "The gay couple upstairs water our plants when we travel.",
    "Her grandmother is a devout Muslim and a retired physicist.",
    "Several Jewish families moved into the street after the war.",
    "A deaf engineer designed the new railway bridge.",
    "The Mexican delegation arrived a day early.",
    "Transgender patients described their visits to the clinic.",
    "Elderly readers asked the library for larger print.",
    "The function returns a list of pairs, sorted by key.",
    "Melt the butter slowly, then stir in the flour and the milk.",
    "Parliament passed the budget on the second reading.",
]
ABUSIVE = [
    "You are a stupid idiot and nobody likes you.",
    "Shut up, you worthless piece of garbage.",
    "What a moron you are, go to hell.",
    "I hope you die, you disgusting pig.",
]
PLAIN = (
    "The committee met on Monday to discuss the plan for the new reading room. It heard from two "
    "architects and the head of the library, and put off its decision until the autumn.\n"
)
ANY_TEXT = st.text(st.characters(), max_size=200) | st.text("a b.\n\x00\ud800'@漢é", max_size=900)


def score(text: str) -> float:
    """Return the toxicity of one text."""
    return DETECTOR(Batch([text]))[0][0].score


@given(st.lists(ANY_TEXT, max_size=5))
def test_every_text_gets_its_measures_whatever_the_batch(texts: list[str]) -> None:
    """One finding a measure, a rounded probability, the same alone as in a batch; none raises."""
    together = DETECTOR(Batch(texts))
    assert together == [DETECTOR(Batch([text]))[0] for text in texts]
    for findings in together:
        whole = [finding for finding in findings if finding.span is None]
        assert [finding.label for finding in whole] == [*DETECTOR.labels.measures]
        for finding in whole:
            assert 0.0 <= finding.score <= 1.0
            assert finding.score == round(finding.score, 4)


@given(st.lists(ANY_TEXT | st.sampled_from([*ABUSIVE, PLAIN]), min_size=1, max_size=6))
def test_toxic_sentences_are_told_by_their_places(parts: list[str]) -> None:
    """A sentence lies inside its text, by itself is toxic, and overlaps no other one."""
    text = "\n".join(parts)
    spans = [f for f in DETECTOR(Batch([text]))[0] if f.span is not None]
    end = 0
    for finding in spans:
        assert finding.label == SENTENCE
        assert finding.span is not None
        assert end <= finding.span[0] < finding.span[1] <= len(text)
        assert finding.score >= 0.5
        if len(text) < CELL:  # else a sentence may be cut where it would not be by itself
            assert score(text[slice(*finding.span)]) == finding.score
        end = finding.span[1]


def test_the_abusive_line_of_a_harmless_page_is_found() -> None:
    """What does not condemn a document is still pointed at, and nothing else of it."""
    page = PLAIN * 3 + ABUSIVE[1] + "\n" + PLAIN * 3
    (found,) = [f for f in DETECTOR(Batch([page]))[0] if f.span is not None]
    assert page[slice(*found.span or (0, 0))] == ABUSIVE[1]


def test_places_count_code_points_that_the_model_leaves_out() -> None:
    """Marks and invisible characters before a sentence do not move its place."""
    page = "Zoe\u0308 re\u0301\u200bsume\u0301 \U0001f600.\n" + ABUSIVE[1]
    found = [f for f in DETECTOR(Batch([PLAIN, page]))[1] if f.span is not None]
    assert [page[slice(*f.span or (0, 0))] for f in found][-1] == ABUSIVE[1]


@pytest.mark.parametrize("text", ["", " \n\t\n", "\u200b"])
def test_text_without_words_scores_nothing(text: str) -> None:
    """Nothing said is nothing toxic."""
    assert score(text) == 0.0


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_sentences_stay_below_the_limit(text: str) -> None:
    """Naming a group, or describing a function, is not toxic."""
    assert score(text) < LIMIT


@pytest.mark.parametrize("text", ABUSIVE)
def test_plain_abuse_is_above_the_limit(text: str) -> None:
    """What anyone would call abuse is found, in capitals and full-width letters too."""
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert score(text) > LIMIT
    assert score(text.upper()) == score(text)
    assert score(wide) == score(text)


def test_one_line_does_not_condemn_a_long_document() -> None:
    """A quoted insult in pages of harmless prose stays below the limit, wherever it stands."""
    for place in (0, 20, 40):
        lines = [PLAIN] * 40
        lines.insert(place, ABUSIVE[0] + "\n")
        assert score("".join(lines)) < LIMIT


def test_length_does_not_save_a_toxic_document() -> None:
    """Abuse over more than a quarter of a long document is found as if it stood alone."""
    rant = " ".join(ABUSIVE) + "\n"
    assert score(PLAIN * 12 + rant * 10) > LIMIT
    assert score(rant * 500) > LIMIT


@pytest.mark.parametrize("text", [*HARMLESS, *ABUSIVE, PLAIN])
@pytest.mark.parametrize("times", [2, 7, 50])
def test_saying_it_again_changes_little(text: str, times: int) -> None:
    """A verdict at the limit is the same for a text and for its repetition."""
    repeated = score((text + "\n") * times)
    assert (repeated > LIMIT) == (score(text) > LIMIT)


SCORED = st.lists(st.tuples(st.floats(0, 1), st.integers(1, 400)), min_size=1, max_size=12)


def worst_mean(scored: list[tuple[float, int]]) -> float:
    """Return the aggregate of one text's passages, each of a score and a size."""
    count = len(scored)
    words = cut([""])._replace(text=np.zeros(count, np.int64))
    sizes = np.array([size for _, size in scored])
    return float(
        worst(Passages(words, sizes, np.array([[s] for s, _ in scored]), sizes * 0.0), 1)[0, 0]
    )


@given(SCORED, st.integers(2, 5))
def test_worst_ignores_order_and_repetition(scored: list[tuple[float, int]], times: int) -> None:
    """The aggregate is of the document's make-up, not of its order or length."""
    expected = pytest.approx(worst_mean(scored), abs=1.1e-4)
    assert worst_mean(scored[::-1]) == expected
    assert worst_mean(scored * times) == expected


@given(SCORED, st.data())
def test_worst_lies_between_mean_and_maximum_and_rises(
    scored: list[tuple[float, int]], data: st.DataObject
) -> None:
    """It is at least the mean, at most the maximum, and no score raised can lower it."""
    weight = sum(w for _, w in scored)
    mean = sum(s * w for s, w in scored) / weight
    value = worst_mean(scored)
    assert mean - 1e-4 <= value <= max(s for s, _ in scored) + 1e-4
    index = data.draw(st.integers(0, len(scored) - 1))
    raised = [(1.0, w) if i == index else (s, w) for i, (s, w) in enumerate(scored)]
    assert worst_mean(raised) >= value - 1e-9


@given(st.lists(SCORED, min_size=2, max_size=4))
def test_texts_of_a_batch_are_aggregated_apart(several: list[list[tuple[float, int]]]) -> None:
    """Each text's aggregate is the one that it has alone."""
    text = np.repeat(np.arange(len(several)), [len(some) for some in several])
    flat = [pair for some in several for pair in some]
    sizes, scores = np.array([w for _, w in flat]), np.array([[s] for s, _ in flat])
    together = worst(
        Passages(cut([""])._replace(text=text), sizes, scores, sizes * 0.0), len(several)
    )
    assert together[:, 0] == pytest.approx([worst_mean(some) for some in several], abs=1.1e-4)


@given(ANY_TEXT)
def test_passages_are_all_of_the_text(text: str) -> None:
    """Nothing is lost or said twice, and no passage is longer than what the model knows."""
    normal = normalise(text)
    pieces = passages(normal)
    assert "".join(pieces) == normal
    assert all(0 < len(piece) <= LONGEST for piece in pieces)


@given(ANY_TEXT)
def test_normal_text_is_words_and_marks_with_single_spaces(text: str) -> None:
    """Tabs, runs of spaces and other separators are gone; a line break is a word of its own."""
    words = normalise(text).split(" ") if normalise(text) else []
    assert all(word == "\n" or (word and not any(map(str.isspace, word))) for word in words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://example.org/a?b=1 now", "see url now"),
        ("Thanks @some_one!", "thanks user !"),
        ("It’s don't", "it's don't"),
        ("zero\u200bwidth so\u00adft", "zerowidth soft"),
        ("a,b\tc\n\nd", "a , b c \n \n d"),
        ("ﬁne ＡＢＣ", "fine abc"),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    """Addresses, names, apostrophes, invisible characters, line breaks and letter forms."""
    assert normalise(text) == expected


def test_weights_fit_the_package_and_the_card() -> None:
    """The model has at most 10 MB, and the card beside it names its digest."""
    body = (WEIGHTS / "toxicity.npz").read_bytes()
    assert len(body) <= 10_000_000
    assert DETECTOR.weights == hashlib.sha256(body).hexdigest()
    assert DETECTOR.weights in (WEIGHTS / "toxicity.md").read_text("utf-8")


def test_reading_the_labels_loads_no_library() -> None:
    """Importing, building and asking for labels and digest leaves fastText and NumPy unimported."""
    code = (
        "import sys; from gemsieve.filters.toxicity import ToxicityDetector as D; d = D();"
        "d.labels, d.weights, d.needs; sys.exit(bool({'fasttext', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
