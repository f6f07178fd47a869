"""Drawing, against NumPy that sorts the vocabulary and computes in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gemsieve.model.sampling.draw import FAILED, Choice, Drawing, Drawn, choice_of, cut, draw

VOCAB = 12
ALL = np.ones(VOCAB, bool)
COUNT = 4000

drawings = st.builds(
    Drawing,
    temperature=st.just(0.0) | st.floats(0.05, 5),
    top_k=st.integers(0, VOCAB + 2),
    top_p=st.just(1.0) | st.floats(0.01, 1),
    min_p=st.just(0.0) | st.floats(0, 1),
    repetition_penalty=st.just(1.0) | st.floats(0.5, 3),
)
# Few values, so that ties are common; no float32 rounds a half.
rows = st.lists(st.integers(-12, 12).map(lambda n: n / 2), min_size=VOCAB, max_size=VOCAB)
masks = st.lists(st.booleans(), min_size=VOCAB, max_size=VOCAB)
cut_quickly: Callable[[jax.Array, Choice], jax.Array] = jax.jit(cut)


def penalised(logits: np.ndarray, drawing: Drawing, seen: np.ndarray) -> np.ndarray:
    """Lower the logits of seen tokens as the paper says."""
    penalty = drawing.repetition_penalty
    lowered = np.where(logits > 0, logits / penalty, logits * penalty)
    return np.asarray(np.where(seen, lowered, logits))


def shares(logits: np.ndarray, drawing: Drawing) -> tuple[np.ndarray, float]:
    """Return each token's probability to be drawn, by sorting, one cut after the other.

    Also how near a cut came to a token: where rounding decides, either answer is right.
    """
    order, margin = np.argsort(-logits, kind="stable"), 1.0
    if drawing.temperature == 0:
        return np.eye(len(logits))[order[0]], margin
    ranked = np.exp((logits - logits.max()) / drawing.temperature)[order]
    if 0 < drawing.top_k < len(ranked):
        ranked = np.where(ranked >= ranked[drawing.top_k - 1], ranked, 0)
    if drawing.top_p < 1:
        held = ranked.cumsum() / ranked.sum()
        margin = float(np.abs(held - drawing.top_p).min())
        ranked = np.where(ranked >= ranked[(held < drawing.top_p).sum()], ranked, 0)
    if drawing.min_p > 0:
        margin = min(margin, float(np.abs(ranked[1:] - drawing.min_p).min()))
        ranked = np.where((ranked >= drawing.min_p) | (ranked == 1), ranked, 0)
    result = np.empty_like(ranked)
    result[order] = ranked / ranked.sum()
    return result, margin


@given(row=rows, drawing=drawings, allowed=masks, seen=masks)
@example(row=[0.0] * VOCAB, drawing=Drawing(top_k=3), allowed=[True] * VOCAB, seen=[True] * VOCAB)
def test_what_is_drawn_from_is_what_sorting_gives(
    row: list[float], drawing: Drawing, allowed: list[bool], seen: list[bool]
) -> None:
    """Penalty, temperature, top-k, top-p and min-p in turn leave these tokens, in these shares."""
    assume(any(allowed))
    logits = penalised(np.array(row), drawing, np.array(seen))
    logits[~np.array(allowed)] = -np.inf
    weights = cut_quickly(jnp.asarray(logits[None], jnp.float32), choice_of([drawing], ALL))
    found = np.exp(np.asarray(weights[0], np.float64))
    expected, margin = shares(logits, drawing)
    assume(margin > 1e-5)
    assert ((found > 0) == (expected > 0)).all()
    np.testing.assert_allclose(found / found.sum(), expected, atol=1e-5)


def test_cuts_are_those_of_transformers() -> None:
    """Its processors, in the order its `generate` applies them, leave the same shares."""
    torch: Any = pytest.importorskip("torch")
    transformers: Any = pytest.importorskip("transformers")
    rng = np.random.default_rng(0)
    for _ in range(50):
        row, prompt = rng.normal(0, 3, VOCAB).astype(np.float32), rng.integers(0, VOCAB, 4)
        drawing = Drawing(
            temperature=rng.uniform(0.1, 3),
            top_k=int(rng.integers(1, VOCAB)),
            top_p=rng.uniform(0.05, 0.99),
            min_p=rng.uniform(0, 0.5),
            repetition_penalty=rng.uniform(0.5, 2),
        )
        scores, ids = torch.tensor(row[None]), torch.tensor(prompt[None])
        for processor in (
            transformers.RepetitionPenaltyLogitsProcessor(drawing.repetition_penalty),
            transformers.TemperatureLogitsWarper(drawing.temperature),
            transformers.TopKLogitsWarper(drawing.top_k),
            transformers.TopPLogitsWarper(drawing.top_p),
            transformers.MinPLogitsWarper(drawing.min_p),
        ):
            scores = processor(ids, scores)
        seen = np.isin(np.arange(VOCAB), prompt)
        logits = jnp.asarray(penalised(row, drawing, seen)[None], jnp.float32)
        found = jax.nn.softmax(cut_quickly(logits, choice_of([drawing], ALL)))[0]
        np.testing.assert_allclose(found, scores.softmax(-1)[0].numpy(), atol=1e-5)


def drawn(logits: np.ndarray, drawing: Drawing, **choice: np.ndarray) -> Drawn:
    """Draw from one row of logits `COUNT` times, or from as many rows, in one compilation."""
    settings = choice_of([drawing] * COUNT, choice.get("allowed", ALL))
    seen = np.broadcast_to(choice.get("seen", ~ALL), (COUNT, VOCAB))
    rows = np.broadcast_to(logits, (COUNT, VOCAB)).astype(np.float32)
    keys = jax.random.split(jax.random.key(1), COUNT)
    return Drawn(*draw(jnp.asarray(rows), keys, settings, jnp.asarray(seen), 3))


@pytest.mark.parametrize(
    "drawing",
    [
        Drawing(),
        Drawing(temperature=0.5),
        Drawing(temperature=2.0, top_k=5),
        Drawing(top_p=0.8),
        Drawing(min_p=0.2, repetition_penalty=1.5),
        Drawing(temperature=1.3, top_k=8, top_p=0.9, min_p=0.05, repetition_penalty=0.8),
        Drawing(temperature=0.0),
    ],
)
def test_tokens_come_as_often_as_their_shares(drawing: Drawing) -> None:
    """Of 4,000 draws chi-square stays below its 99.9th percentile; what is cut never comes."""
    row = np.linspace(-1, 2, VOCAB)
    seen, allowed = np.arange(VOCAB) % 3 == 0, np.arange(VOCAB) != VOCAB - 1
    logits = np.where(allowed, penalised(row, drawing, seen), -np.inf)
    expected = shares(logits, drawing)[0] * COUNT
    tokens = drawn(row, drawing, seen=seen, allowed=allowed).token
    found = np.bincount(np.asarray(tokens), minlength=VOCAB)
    possible = expected > 0
    assert not found[~possible].any()
    square = ((found - expected)[possible] ** 2 / expected[possible]).sum()
    # Wilson and Hilferty's approximation of the percentile, 10 degrees of freedom at most.
    # That percentile of chi-square with 10 degrees of freedom, the most there are.
    assert square <= 29.59


def test_a_log_probability_is_the_models_own() -> None:
    """It is log-softmax of the logits as they came, whatever the settings; so the alternatives'."""
    row = np.linspace(-3, 3, VOCAB)
    hot = Drawing(temperature=3.0, top_k=6, repetition_penalty=2.0)
    answer = drawn(row, hot, seen=ALL, allowed=np.arange(VOCAB) != VOCAB - 1)
    expected = row - np.log(np.exp(row).sum())
    assert len(set(answer.token.tolist())) > 2
    np.testing.assert_allclose(answer.logprob, expected[np.asarray(answer.token)], atol=1e-5)
    assert answer.top_tokens[0].tolist() == [10, 9, 8]
    np.testing.assert_allclose(answer.top_logprobs[0], expected[[10, 9, 8]], atol=1e-5)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
@pytest.mark.parametrize(
    "drawing", [Drawing(), Drawing(temperature=0.0), Drawing(top_k=3, top_p=0.5)]
)
def test_a_row_that_is_not_finite_gives_no_token(wrong: float, drawing: Drawing) -> None:
    """A NaN or positive infinity, even at a forbidden token, fails its row and no other."""
    logits = np.tile(np.linspace(0, 1, VOCAB), (COUNT, 1))
    logits[7, 0] = wrong
    answer = drawn(logits, drawing, allowed=np.arange(VOCAB) > 0)
    failed = np.arange(COUNT) == 7
    assert ((answer.token == FAILED) == failed).all()
    assert (np.isnan(answer.logprob) == failed).all()


@pytest.mark.parametrize("allowed", [np.zeros(VOCAB, bool), np.arange(VOCAB) < 4])
def test_a_row_with_nothing_to_draw_gives_no_token(allowed: np.ndarray) -> None:
    """Where no allowed token has a probability the row fails."""
    row = np.array([-math.inf] * 4 + [0.0] * (VOCAB - 4))
    assert (drawn(row, Drawing(), allowed=allowed).token == FAILED).all()


def test_a_row_does_not_see_its_neighbours() -> None:
    """Other logits, settings and failures beside a row change nothing of what it draws."""
    rng, odd = np.random.default_rng(0), np.arange(COUNT) % 2 == 1
    logits = rng.normal(0, 2, (COUNT, VOCAB))
    kinds = [Drawing(), Drawing(temperature=0.0), Drawing(top_k=2), Drawing(top_p=0.7)]
    keys = jax.random.split(jax.random.key(3), COUNT)
    answers = []
    for beside, others in ((Drawing(), 0.0), (Drawing(temperature=0.0), math.nan)):
        mixed = [beside if row % 2 else kinds[row // 2 % 4] for row in range(COUNT)]
        rows = jnp.asarray(np.where(odd[:, None], others, logits), jnp.float32)
        seen = jnp.zeros((COUNT, VOCAB), bool)
        answers.append(draw(rows, keys, choice_of(mixed, ALL), seen, 3))
    one, other = (np.asarray(answer.token) for answer in answers)
    assert (one[~odd] == other[~odd]).all()
    assert (one[odd] != other[odd]).all()


def test_gemmas_vocabulary_is_cut_where_sorting_cuts_it() -> None:
    """Of 256,000 tokens, exactly those remain that sorting leaves."""
    logits = np.random.default_rng(7).normal(0, 3, (1, 256_000)).astype(np.float32)
    allowed = np.ones(256_000, bool)
    for drawing in (Drawing(top_k=64, top_p=0.95), Drawing(top_p=0.999), Drawing(top_k=100_000)):
        weights = cut_quickly(jnp.asarray(logits), choice_of([drawing], allowed))
        ranked = np.sort(np.exp(logits[0].astype(np.float64)))[::-1]
        ranked = ranked[: drawing.top_k or None]
        held = ranked.cumsum() / ranked.sum()
        expected = int((held < drawing.top_p).sum()) + 1 if drawing.top_p < 1 else len(ranked)
        # Rounded sums of float32 may move the end of a long tail by a few tokens.
        assert abs(int(jnp.isfinite(weights).sum()) - expected) <= expected * 1e-3


def test_other_settings_compile_nothing_anew() -> None:
    """All settings are arrays."""
    compiled: Any = draw
    drawn(np.zeros(VOCAB), Drawing())
    before = compiled._cache_size()
    drawn(np.ones(VOCAB), Drawing(temperature=0.3, top_k=5, top_p=0.9, min_p=0.1), allowed=~ALL)
    assert compiled._cache_size() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -1.0},
        {"temperature": math.nan},
        {"top_k": -1},
        {"top_p": 0.0},
        {"min_p": 1.5},
        {"repetition_penalty": 0.0},
        {"repetition_penalty": math.nan},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, float]) -> None:
    """A value out of its range raises an error that names it."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Drawing(**wrong)  # type: ignore[arg-type]
