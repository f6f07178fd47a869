"""Training of the strong tier: which rows, in what batches, and a loop that survives a stop."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.model.tiny_encoder import LETTERS, PIECES, TINY, write

from gemsieve.filters.toxicity.data import DOUBTFUL, NATURAL, Row
from gemsieve.model.toxicity import minilm, quantised, tuning
from gemsieve.model.toxicity.batches import TrainingBatch, framed, training_batches
from gemsieve.model.toxicity.encoder import Encoder
from gemsieve.model.toxicity.rows import DOUBT, LABELS, MOST, Example, example, names, one_pass
from gemsieve.model.toxicity.spelling import WORD, varied
from gemsieve.model.toxicity.wordpiece import WordPiece

CUT = WordPiece(PIECES)
SETTINGS = tuning.Tuning(learning_rate=3e-3, layer_decay=1.0)
TEXTS = st.text("".join(LETTERS) + " ", max_size=120)


def plain_example(text: str, toxic: bool = False) -> Example:
    """Return an example of the first set."""
    return example(Row(text, toxic, "train"), 0)


def toy(count: int) -> list[TrainingBatch]:
    """Return batches whose toxic texts are those with a `z`."""
    rng = random.Random(0)
    texts = [" ".join(rng.choices("abcdefg", k=8)) for _ in range(count)]
    examples = [plain_example(t + " z z" * (i % 2), bool(i % 2)) for i, t in enumerate(texts)]
    return list(training_batches(examples, CUT, seed=0))


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the parameters of an encoder in miniature."""
    return minilm.read(write(tmp_path_factory.mktemp("encoder")), TINY, seed=1)


def test_unknown_kinds_weigh_nothing_and_doubtful_negatives_half() -> None:
    """A set teaches only what it tells of; sets asked about one abuse teach little of others."""
    told = example(Row("a", True, "train", {"threat": False}), 0)
    assert [weight > 0 for weight in told.weights] == [
        label in {"toxicity", "threat"} for label in LABELS
    ]
    assert told.targets[0] > 0.9
    doubtful = example(Row("a", False, "train"), names().index(DOUBTFUL))
    assert (doubtful.targets[0], doubtful.weights[0]) == (DOUBT, 0.5)
    assert 0.0 < plain_example("a").targets[0] < 0.1


def test_a_pass_shows_every_small_set_and_turns_through_large_ones() -> None:
    """No text twice in a pass; what the first pass leaves out of a large set, the second shows."""
    small = [plain_example(f"small {i}") for i in range(50)]
    large = [plain_example(f"large {i}") for i in range(2 * MOST)]
    natural = [example(Row(f"n {i}", False, "train"), names().index(NATURAL)) for i in range(9_000)]
    first, second = (one_pass([small, large, natural], number, seed=3) for number in (0, 1))
    assert len(set(first)) == len(first) == len(second)
    assert set(small) <= set(first) & set(second)
    assert set(large) <= set(first) | set(second)
    assert len(set(natural) & set(first)) < MOST
    assert first == one_pass([small, large, natural], 0, seed=3)


@given(st.lists(TEXTS, max_size=40), st.integers(0, 9))
def test_batches_hold_every_example_once(texts: list[str], seed: int) -> None:
    """Each row of weight is one example, framed; fills weigh nothing; a seed fixes the order."""
    examples = [plain_example(text) for text in texts]
    batches = list(training_batches(examples, CUT, seed))
    assert sum(int((batch.weights[:, 0] > 0).sum()) for batch in batches) == len(texts)
    for batch in batches:
        empty = batch.weights[:, 0] == 0
        assert not batch.pieces[empty].any()
        assert (batch.pieces[~empty, 0] == CUT.first).all()
    again = list(training_batches(examples, CUT, seed))
    assert all((a.pieces == b.pieces).all() for a, b in zip(batches, again, strict=True))


@given(TEXTS, st.integers(3, 20))
def test_a_framed_text_fits(text: str, length: int) -> None:
    """First and last mark stay whatever is cut."""
    pieces = framed(CUT, text, length)
    assert len(pieces) <= length
    assert (pieces[0], pieces[-1]) == (CUT.first, CUT.last)


@given(st.text(max_size=60), st.integers(0, 999))
def test_spelling_tricks_touch_words_alone(text: str, seed: int) -> None:
    """What lies around three words at most is kept; most texts are left as they are."""
    changed = varied(text, random.Random(seed))
    assert changed == varied(text, random.Random(seed))
    kept = WORD.sub("", text)
    pieces = iter(changed)
    assert all(char in pieces for char in kept)


def test_tuning_learns_and_goes_on_where_it_was_stopped(
    start: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is stopped and started again ends in the very weights of one that is not."""

    class Stopped(list[TrainingBatch]):
        def __getitem__(self, index: Any) -> Any:
            if index == 7:
                raise KeyboardInterrupt
            return super().__getitem__(index)

    monkeypatch.setattr(tuning, "SAVE_EVERY", 3)
    batches = toy(96 * 40)
    encoder = Encoder(TINY)
    whole = tuning.tune(start, encoder, batches, SETTINGS, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        tuning.tune(start, encoder, Stopped(batches), SETTINGS, tmp_path / "cut")
    resumed = tuning.tune(start, encoder, batches, SETTINGS, tmp_path / "cut")
    first, second = quantised.flat(whole), quantised.flat(resumed)
    assert all((first[name] == second[name]).all() for name in first)
    assert loss_of(whole, batches[0]) < 0.8 * loss_of(start, batches[0])


def loss_of(params: dict[str, Any], batch: TrainingBatch) -> float:
    """Return the loss without offsets, as in use."""
    offsets = np.zeros((1, TINY.labels), np.float32)
    loss = jax.jit(lambda given, arrays: tuning.loss(given, Encoder(TINY), 0.0, arrays))
    return float(loss({"encoder": params, "offsets": offsets}, vars(batch)))
