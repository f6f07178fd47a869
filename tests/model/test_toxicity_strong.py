"""The strong tier: encoder, eight-bit weights, scorer, and what ships."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.model.tiny_encoder import LETTERS, PIECES, TINY, write

from gemsieve.filters.toxicity.second import load
from gemsieve.model.toxicity import StrongTier, minilm, quantised
from gemsieve.model.toxicity.encoder import Encoder
from gemsieve.model.toxicity.rows import LABELS
from gemsieve.model.toxicity.scorer import LENGTHS, Scorer, probabilities
from gemsieve.model.toxicity.tier import FOLDER
from gemsieve.model.toxicity.wordpiece import WordPiece

HARMLESS = (
    "I came out as a lesbian to my parents last spring, and they were lovely about it.",
    "Her grandmother is a devout Muslim and a retired physicist.",
    "Melt the butter slowly, then stir in the flour and the milk.",
)
ABUSIVE = (
    "You are a stupid idiot and nobody likes you.",
    "Shut up, you worthless piece of garbage.",
    "What a m0ron you are, go to h e l l.",
)
TEXTS = st.lists(st.text("".join(LETTERS) + " \n漢\x00", max_size=150), max_size=12)


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the parameters of an encoder in miniature."""
    return minilm.read(write(tmp_path_factory.mktemp("encoder")), TINY, seed=1)


@cache
def scorer(file: Path) -> Scorer:
    """Return a scorer of the parameters in a file, compiled once."""
    return Scorer(quantised.read(file), WordPiece(PIECES), TINY)


@pytest.fixture(scope="module")
def weights(params: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of rounded weights."""
    file = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    quantised.write(params, file)
    return file


def test_padding_says_nothing(params: dict[str, Any]) -> None:
    """The same pieces in a longer shape give the same logits; other pieces give others."""
    pieces = np.array([[2, 9, 30, 11, 3]], np.int32)
    logits = jax.jit(Encoder(TINY).apply)
    short, long, other = (
        np.asarray(logits({"params": params}, some))
        for some in (pieces, np.pad(pieces, ((0, 0), (0, 40))), pieces[:, ::-1])
    )
    np.testing.assert_allclose(short, long, atol=1e-5)
    assert np.abs(short - other).max() > 1e-3


def test_rounding_moves_a_weight_by_half_a_step_at_most(
    params: dict[str, Any], weights: Path, tmp_path: Path
) -> None:
    """Every channel is within half its step; vectors are kept; writing again makes same bytes."""
    before, after = quantised.flat(params), quantised.flat(quantised.read(weights))
    assert before.keys() == after.keys()
    for name, leaf in before.items():
        axis = quantised.axis_of(name)
        step = np.abs(leaf).max(axis, keepdims=True) / 127 if leaf.ndim > 1 else 0.0
        assert (np.abs(leaf - after[name]) <= 0.5001 * step).all(), name
    quantised.write(params, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == weights.read_bytes()


@settings(max_examples=30)
@given(TEXTS, st.randoms(use_true_random=False))
def test_company_and_order_cannot_matter(weights: Path, texts: list[str], rng: Any) -> None:
    """A text has the same logits alone, in a batch, and in any order of it: to the last bit."""
    score = scorer(weights)
    together = score(texts)
    order = list(range(len(texts)))
    rng.shuffle(order)
    assert (score([texts[i] for i in order]) == together[order]).all()
    assert all((score([text])[0] == row).all() for text, row in zip(texts, together, strict=True))


def test_the_worst_window_of_a_long_text_speaks(weights: Path) -> None:
    """A text beyond the longest shape scores the highest of its windows, label by label."""
    room = LENGTHS[-1] - 2
    parts = ["a " * room, "b ! " * (room // 2), "z o o"]
    score = scorer(weights)
    assert (score(["".join(parts)])[0] == score(parts).max(axis=0)).all()


def test_a_text_without_words_scores_nothing(weights: Path) -> None:
    """Nothing said is nothing toxic, under any curve."""
    logits = scorer(weights)(["", " \n", "\u200b"])
    curves = [{"slope": 0.7, "intercept": 3.0}] * len(LABELS)
    assert (probabilities(logits, curves) == 0.0).all()


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    """The error says which file is missing."""
    with pytest.raises(FileNotFoundError, match=r"none\.safetensors"):
        quantised.read(tmp_path / "none.safetensors")
    with pytest.raises(FileNotFoundError, match=r"model\.safetensors"):
        minilm.folder(tmp_path)


def test_shipped_tier_tells_abuse_from_harmless_text() -> None:
    """What ships judges plain cases, under every label, the same in any company."""
    tier = load("strong")
    assert isinstance(tier, StrongTier)
    tier.setup()
    texts = [*HARMLESS, *ABUSIVE, "x" * 2_000, ""]
    found = tier(texts)
    assert [tier([text])[0] for text in reversed(texts)] == found[::-1]
    for one in found:
        assert tuple(one) == LABELS
        assert all(0.0 <= score <= 1.0 and score == round(score, 4) for score in one.values())
    scores = [one["toxicity"] for one in found]
    assert max(scores[: len(HARMLESS)]) < 0.3
    assert min(scores[len(HARMLESS) : len(HARMLESS) + len(ABUSIVE)]) > 0.7
    low, high = tier.band
    assert 0.0 <= low < high <= 1.0


def test_shipped_files_stay_small() -> None:
    """Weights, vocabulary, constants and card are under 30 MB together."""
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 30e6
