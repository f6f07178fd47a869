"""The n-gram baseline: its features are scikit-learn's own, and a left-out set is left out."""

from __future__ import annotations

import random

import numpy as np
import pytest

pytest.importorskip("sklearn")

import toxicity_baseline
import toxicity_ngrams
from sklearn.feature_extraction.text import TfidfVectorizer

from gemsieve.filters.toxicity.data import Row
from gemsieve.filters.toxicity.text import normalise

WORDS = ("garden", "rain", "zorblax", "teapot", "letter", "window", "quiet", "river")


def texts(count: int, seed: int) -> list[str]:
    """Return sentences of a few words."""
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=rng.randint(2, 9))).capitalize() for _ in range(count)]


def test_counting_all_texts_gives_nothing_of_a_left_out_set_away() -> None:
    """Features of a fold are those of TfidfVectorizer fitted on the fold's training rows alone."""
    every = [*texts(60, 1), *(f"unheard {text} of" for text in texts(40, 2))]
    learned = np.arange(50)
    ours = toxicity_ngrams.counted(every).features(learned).of(np.arange(len(every)))
    same = np.zeros((len(every), len(every)))
    for kind in (toxicity_ngrams.WORDS, toxicity_ngrams.CHARACTERS):
        peer = TfidfVectorizer(
            min_df=toxicity_ngrams.MIN_ROWS, lowercase=False, sublinear_tf=True, **kind
        ).fit([normalise(every[i]) for i in learned])
        theirs = peer.transform(map(normalise, every))
        same += (theirs @ theirs.T).toarray()
    assert np.allclose((ours @ ours.T).toarray(), same, atol=1e-5)


def test_the_baseline_learns_and_repeated_rows_weigh_more() -> None:
    """A word that tells is found; saying a row again moves the scores its way."""
    rows = [Row(text, "zorblax" in text.lower(), "train") for text in texts(200, 3)]
    unsure = Row("window zorblax", False, "train")
    baseline = toxicity_baseline.Baseline.of({"a": rows, "b": [unsure]}, {}, seed=1)
    assert toxicity_baseline.by_set({"a": rows}, baseline.fit(rows), None)["a"] > 0.99
    once, often = (
        np.asarray(baseline.fit([*rows, *[unsure] * times])([unsure.text])) for times in (1, 50)
    )
    assert often < once


def test_a_left_out_set_takes_its_texts_along() -> None:
    """Rows of other sets with the words of a left-out row are not learned from either."""
    sets = {
        "a": [Row("Good morning!", False, "test"), Row("Well, well", False, "train")],
        "b": [Row("good MORNING", False, "train"), Row("Something else", True, "train")],
    }
    assert toxicity_baseline.without(sets, "a", sets["a"]) == [sets["b"][1]]
