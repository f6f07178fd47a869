"""A head reads each token that is written, and changes nothing of what is."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest
from tests.model.test_engine import PARAMS, REQUESTS, TINY, alone, engine_of, pieces

from gemsieve.model.gemma.transformer import Transformer
from gemsieve.model.sampling.engine import Engine
from gemsieve.model.sampling.head import Head
from gemsieve.model.sampling.request import Request, Sampled

DRAWN = np.random.default_rng(5)
HEAD = Head(
    digest="ab" * 32,
    layer=1,
    weights=DRAWN.normal(size=(3, TINY.embed_dim)).astype(np.float32),
    bias=DRAWN.normal(size=3).astype(np.float32),
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    """Return an engine with a head."""
    return engine_of(head=HEAD)


@jax.jit
def states(tokens: jax.Array) -> jax.Array:
    """Return the residual stream that the head reads, of one text in a single pass, uncached."""
    _, sown = Transformer(TINY).apply(
        {"params": PARAMS}, tokens[None], method="features", mutable=["intermediates"]
    )
    found: jax.Array = sown["intermediates"]["hidden"][HEAD.layer][0]
    return found


def whole(request: Request, written: list[Sampled]) -> np.ndarray:
    """Return what the head says after each written token; what is behind a token is not seen."""
    tokens = [*request.tokens, *pieces(written)]
    padded = np.pad(tokens, (0, TINY.max_length - len(tokens)))
    state = np.asarray(states(padded))[len(request.tokens) : len(tokens)]
    return state @ HEAD.weights.T + HEAD.bias


def test_every_token_is_read_and_none_is_another(engine: Engine) -> None:
    """Texts end as without a head: by length, by an end, where the context is full; all are read.

    They are written beside each other and again one by one: readings are the same to the bit.
    """
    together = [engine.submit(request) for request in REQUESTS]
    engine.run()
    for index, stream in enumerate(together):
        written, request = list(stream), REQUESTS[index]
        assert [replace(one, reading=None) for one in written] == alone(index)
        single = engine_of().submit(request)
        list(single)
        assert stream.finish_reason == single.finish_reason
        assert list(engine.submit(request)) == written
        found = np.array([one.reading.logits for one in written if one.reading])
        np.testing.assert_allclose(found, whole(request, written), atol=1e-4)
        assert {one.reading.head for one in written if one.reading} == {HEAD.digest}


def test_an_end_that_would_follow_the_last_token_is_not_told(engine: Engine) -> None:
    """What is drawn for the last token's sake decides nothing: the text ended by its length."""
    tokens = pieces(alone(0))
    count = next(i for i, token in enumerate(tokens) if i and token not in tokens[:i])
    request = replace(REQUESTS[0], max_new_tokens=count, ends=(tokens[count],))
    stream = engine.submit(request)
    assert (len(list(stream)), stream.finish_reason) == (count, "length")


def test_without_a_head_nothing_is_read() -> None:
    """There is no reading that a detector could take for one."""
    assert {one.reading for one in alone(0)} == {None}


def test_where_the_model_breaks_down_the_last_token_is_not_told() -> None:
    """A token whose reading cannot be trusted is not yielded, and the answer fails."""
    broken = {**PARAMS, "embedding": np.full_like(PARAMS["embedding"], np.nan)}
    stream = engine_of(head=HEAD, params=broken).submit(REQUESTS[0])
    with pytest.raises(FloatingPointError):
        list(stream)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (replace(HEAD, layer=3), "after block 3"),
        (replace(HEAD, weights=HEAD.weights[:, 1:]), f"reads {TINY.embed_dim - 1} numbers"),
        (replace(HEAD, bias=HEAD.bias[:2]), "3 labels and 2 biases"),
    ],
)
def test_a_head_of_another_model_is_refused(head: Head, words: str) -> None:
    """Its error says what it is made for and what the model has."""
    with pytest.raises(ValueError, match=words):
        engine_of(head=head)
