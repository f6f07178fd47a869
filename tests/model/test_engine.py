from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from typing import Any
from weakref import ref

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.model.reference import logits_of, loud_params

from gemsieve.model.gemma.config import named
from gemsieve.model.sampling.draw import Drawing
from gemsieve.model.sampling.engine import Engine, bucket
from gemsieve.model.sampling.request import PromptTooLong, Request, Sampled
from gemsieve.model.sampling.rows import least_rows
from gemsieve.model.tokenizer import BOS

# The low cap makes texts lively: their model is random, and would repeat one token for ever.
TINY = replace(named("test"), vocab_size=53, num_layers=2, max_length=40, final_logit_softcap=3.0)
WINDOW = TINY.sliding_window or 0
PARAMS = loud_params(TINY, seed=3)
LIKELIEST = Drawing(temperature=0.0)
# An engine compiles for its rows, stride and alternatives: all tests share these.
engine_of = partial(Engine, params=PARAMS, config=TINY, rows=3, stride=3, alternatives=2)


def prompt(length: int, seed: int) -> list[int]:
    """Return a made-up prompt."""
    return [BOS, *np.random.default_rng(seed).integers(4, 53, length - 1).tolist()]


REQUESTS = (
    Request(tokens=prompt(3, 0), seed=1, max_new_tokens=30, ends=()),
    Request(tokens=prompt(9, 1), seed=1, max_new_tokens=7, ends=(), drawing=LIKELIEST),
    Request(tokens=prompt(16, 2), seed=2**32 - 1, max_new_tokens=1, ends=()),
    Request(tokens=prompt(16, 2), seed=3, max_new_tokens=500, ends=tuple(range(4, 12))),
    Request(
        tokens=prompt(5, 3),
        seed=4,
        max_new_tokens=12,
        drawing=Drawing(temperature=0.7, top_k=9, top_p=0.9, min_p=0.01, repetition_penalty=1.3),
    ),
)


@cache
def alone(index: int) -> list[Sampled]:
    """Return what a request yields when nothing else is in the batch."""
    return list(engine_of().submit(REQUESTS[index]))


def pieces(sampled: list[Sampled]) -> list[int]:
    """Return the tokens alone."""
    return [one.piece for one in sampled]


def assert_close(ours: list[Sampled], theirs: list[Sampled]) -> None:
    """Compare two texts that were computed in different shapes: equal tokens, close logprobs."""
    assert pieces(ours) == pieces(theirs)
    found, expected = ([one.logprob for one in text] for text in (ours, theirs))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@settings(max_examples=12, deadline=None)
@given(
    plan=st.lists(
        st.tuples(st.integers(0, len(REQUESTS) - 1), st.integers(0, 4), st.booleans()),
        min_size=1,
        max_size=9,
    )
)
def test_a_text_does_not_depend_on_the_batch_around_it(plan: list[tuple[int, int, bool]]) -> None:
    """Joining at any time, beside anything, in any row: tokens and logprobs are equal to the bit.

    Each entry of the plan submits a request, takes some steps, and may then cancel the request;
    what was yielded until then is the beginning of the text.
    """
    engine, streams = engine_of(), []
    for index, steps, cancelled in plan:
        streams.append((index, engine.submit(REQUESTS[index])))
        for _ in range(steps):
            engine.step()
        if cancelled:
            begun = [next(streams[-1][1])]
            streams.pop()[1].close()
            assert begun == alone(index)[:1]
    engine.run()
    for index, stream in streams:
        assert list(stream) == alone(index)


def test_texts_are_what_the_whole_model_says() -> None:
    """Tokens, logprobs and the likeliest are those of uncached logits, far past the window."""
    for index in (0, 1):
        tokens = list(REQUESTS[index].tokens)
        logits = logits_of(TINY, PARAMS, tokens + pieces(alone(index)))[len(tokens) - 1 :]
        for sampled, row in zip(alone(index), logits, strict=False):
            logprobs = row - np.log(np.exp(row).sum())
            assert sampled.logprob == pytest.approx(logprobs[sampled.piece], abs=1e-4)
            best = np.argsort(-logprobs)[:2]
            assert [piece for piece, _ in sampled.top] == best.tolist()
            if REQUESTS[index].drawing is LIKELIEST:
                assert sampled.piece == best[0]
    assert len(alone(0)) + 3 > 4 * WINDOW


def test_an_engine_of_another_size_writes_the_same_tokens() -> None:
    """Matrix products of other shapes round otherwise, so logprobs are equal but for rounding."""
    single = engine_of(rows=1)
    for index in (0, 4):
        assert_close(list(single.submit(REQUESTS[index])), alone(index))


def test_what_was_read_before_is_let_go_of_once_a_row_holds_it() -> None:
    """A prefix is a row's cache: an answer under way keeps its own alone, and writes the same."""
    engine = engine_of()
    prefix = engine.prefix(REQUESTS[1].tokens)
    kept = ref(prefix)
    stream = engine.submit(replace(REQUESTS[1], tokens=(), prefix=prefix))
    del prefix
    first = next(stream)
    gc.collect()
    assert kept() is None
    assert pieces([first, *stream]) == pieces(alone(1))
    assert stream.request.whole == tuple(REQUESTS[1].tokens)


def test_rows_of_arrays_beyond_those_asked_for_stay_at_rest() -> None:
    """One request at a time is written, as with more rows in use; a GPU has one such row."""
    single = engine_of(rows=1, width=3)
    streams = [single.submit(REQUESTS[index]) for index in (0, 4)]
    single.step()
    assert streams[1].left == REQUESTS[4].max_new_tokens
    assert [list(stream) for stream in streams] == [alone(0), alone(4)]
    assert (least_rows("gpu"), least_rows("cpu")) == (2, 1)


def test_many_texts_continue_one_prefix() -> None:
    """With nothing after the prefix, they are equal to the bit to those read anew."""
    engine = engine_of()
    prefix = engine.prefix(REQUESTS[0].tokens)
    whole = [replace(REQUESTS[0], seed=seed) for seed in range(5)]
    shared = [engine.submit(replace(each, tokens=(), prefix=prefix)) for each in whole]
    engine.run()
    anew = [engine.submit(each) for each in whole]
    texts = [list(stream) for stream in shared]
    assert texts == [list(stream) for stream in anew]
    assert len({tuple(pieces(text)) for text in texts}) == 5


def test_a_prefix_may_be_followed() -> None:
    """Read in two parts or three, past the window, a prompt is continued as if read at once."""
    engine = engine_of()
    whole = replace(REQUESTS[0], tokens=prompt(15, 7))
    first = engine.prefix(whole.tokens[:6])
    second = engine.prefix(whole.tokens[6:11], first)
    assert engine.prefix(whole.tokens[11:13], second).cache.slots == second.cache.slots == 32
    expected = list(engine.submit(whole))
    for prefix, rest in ((first, whole.tokens[6:]), (second, whole.tokens[11:])):
        continued = engine.submit(replace(whole, tokens=rest, prefix=prefix))
        assert_close(list(continued), expected)


def test_growth_changes_no_bit() -> None:
    """A text is the same when a longer neighbour doubles the slots that it attends to."""
    config = replace(TINY, max_length=200, sliding_window=150)
    engine = Engine(params=PARAMS, config=config, rows=2, slots=128)
    short = replace(REQUESTS[0], max_new_tokens=90)
    long = replace(REQUESTS[1], max_new_tokens=1000)
    before = list(engine.submit(short))
    neighbour = engine.submit(long)
    while neighbour.read < 170:
        next(neighbour)
    assert list(engine.submit(short)) == before
    rest = list(neighbour)
    assert neighbour.finish_reason == "length"
    last = rest[-20:]
    whole = [*long.tokens, *pieces(list(engine.submit(long)))]
    assert len(whole) == 200
    logits = np.asarray(_uncached(config, jnp.asarray([whole]))[0, -21:-1])
    logprobs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    found = [logprobs[at, one.piece] for at, one in enumerate(last)]
    np.testing.assert_allclose([one.logprob for one in last], found, atol=2e-4)


def _uncached(config: Any, tokens: jax.Array) -> Any:
    """Return the logits of whole documents."""
    from gemsieve.model.gemma.transformer import Transformer

    return jax.jit(Transformer(config).apply)({"params": PARAMS}, tokens)[0]


def test_texts_end_for_a_reason() -> None:
    """At a token that ends them, which is not told, at their length, or where the context ends."""
    engine = engine_of()
    streams = [engine.submit(request) for request in REQUESTS]
    assert [stream.finish_reason for stream in streams] == [None] * 5
    engine.run()
    texts = [list(stream) for stream in streams]
    assert [stream.finish_reason for stream in streams[:3]] == ["length"] * 3
    assert [len(text) for text in texts[:3]] == [30, 7, 1]
    assert streams[3].finish_reason == "stop"
    assert not set(range(4, 12)) & set(pieces(texts[3]))
    full = engine.submit(replace(REQUESTS[3], ends=()))
    assert len(list(full)) == TINY.max_length - 16
    assert full.finish_reason == "length"
    nothing = engine.submit(replace(REQUESTS[0], max_new_tokens=0))
    assert (list(nothing), nothing.finish_reason) == ([], "length")


def test_a_cancelled_request_leaves_its_row() -> None:
    """Others wait no longer than that; a request may be cancelled while it waits."""
    engine = engine_of()
    streams = [engine.submit(REQUESTS[0]) for _ in range(5)]
    engine.step()
    waiting = streams.pop()
    waiting.close()
    streams.pop(0).close()
    assert [next(stream) for stream in streams] == [alone(0)[0]] * 3
    assert list(waiting) == []
    assert waiting.finish_reason is None


def test_a_listener_hears_each_token() -> None:
    """It is called in order with what an iterator would yield, which then yields nothing."""
    engine, heard = engine_of(), list[Sampled]()
    stream = engine.submit(REQUESTS[0], heard.append)
    other = engine.submit(REQUESTS[1])
    engine.step()
    assert 0 < len(heard) < len(alone(0))
    engine.run()
    assert heard == alone(0)
    assert list(stream) == []
    assert list(other) == alone(1)


def test_threads_may_share_an_engine() -> None:
    """Each reads its own streams; whoever waits works for all."""
    engine = engine_of()

    def read(index: int) -> bool:
        return all(list(engine.submit(REQUESTS[index])) == alone(index) for _ in range(3))

    for index in range(len(REQUESTS)):
        alone(index)
    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(read, range(len(REQUESTS))))


def test_only_allowed_tokens_are_written() -> None:
    """However likely the others are."""
    allowed = np.arange(53) % 3 == 0
    text = list(engine_of(allowed=allowed).submit(REQUESTS[0]))
    assert len(text) == 30
    assert all(allowed[piece] for piece in pieces(text))
    assert not all(allowed[piece] for piece in pieces(alone(0)))


def test_damaged_parameters_are_an_error() -> None:
    """Logits that are not finite end a text with an error, not with made-up tokens."""
    params = {**PARAMS, "embedding": np.full_like(PARAMS["embedding"], np.nan)}
    stream = engine_of(params=params).submit(REQUESTS[0])
    with pytest.raises(FloatingPointError, match="not finite"):
        next(stream)
    assert stream.finish_reason == "failed"


def test_prompts_that_cannot_be_continued_are_refused() -> None:
    """The context must have room for one token more, with a prefix and without; none is too few."""
    engine = engine_of()
    prefix = engine.prefix(prompt(30, 0))
    for request in (
        Request(tokens=prompt(40, 0)),
        Request(tokens=prompt(10, 0), prefix=prefix),
    ):
        with pytest.raises(PromptTooLong, match="has 40 tokens; the context holds 40"):
            engine.submit(request)
    with pytest.raises(PromptTooLong):
        engine.prefix(prompt(10, 0), prefix)
    assert len(list(engine.submit(Request(tokens=prompt(9, 0), prefix=prefix, ends=())))) == 1
    for empty in (lambda: Request(tokens=()), lambda: engine.prefix(())):
        with pytest.raises(ValueError, match="<bos> at least"):
            empty()


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"stride": 0}, {"alternatives": -1}], ids=str)
def test_wrong_sizes_are_refused(wrong: dict[str, int]) -> None:
    """A value out of its range raises an error that names it."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        engine_of(**wrong)  # type: ignore[arg-type]


def test_prompts_are_padded_to_powers_of_two() -> None:
    """Buckets are the next power of two, at least 16 and at most the limit."""
    assert [bucket(n, 100) for n in (1, 16, 17, 64, 65, 99)] == [16, 16, 32, 64, 100, 100]
    assert bucket(65) == 128
