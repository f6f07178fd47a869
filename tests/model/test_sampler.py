from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.model.reference import logits_of

from gemsieve.model import sampler as sampling
from gemsieve.model.checkpoint import load
from gemsieve.model.sampler import Choice, PromptTooLong, Sampler, bucket, decode, draw, start
from gemsieve.model.tokenizer import BOS, EOS, PAD, UNK
from gemsieve.model.train import Summary


@pytest.fixture(scope="module")
def sampler(finished: tuple[Path, Summary]) -> Sampler:
    """Return a sampler of the finished run."""
    trained = load(finished[0])
    return Sampler(params=trained.params, config=trained.config, tokenizer=trained.tokenizer)


def test_cached_logits_equal_uncached_ones_past_the_window(sampler: Sampler) -> None:
    """From a prompt in its bucket on, each step's logits are those of the whole text at once."""
    config, params = sampler.config, jax.tree.map(np.asarray, sampler.params)
    tokens = [BOS, *np.random.default_rng(0).integers(4, config.vocab_size, 20).tolist()]
    choice = sampler._choice()
    state = start(sampler.params, config, tokens[:3], jax.random.key(0), choice)
    seen = [np.asarray(state.logits[0])]
    for token in tokens[3:]:
        state = decode(sampler.params, config, state, jnp.asarray([token]))
        seen.append(np.asarray(state.logits[0]))
    expected = logits_of(config, params, tokens)[2:]
    assert len(tokens) > 4 * config.sliding_window
    np.testing.assert_allclose(np.stack(seen), expected, atol=1e-4)


def test_the_likeliest_text_is_what_the_reference_writes(sampler: Sampler) -> None:
    """At temperature 0 the tokens are those that the NumPy reference finds likeliest."""
    config, params = sampler.config, jax.tree.map(np.asarray, sampler.params)
    tokens = [BOS, *sampler.tokenizer.encode("the river")]
    written: list[int] = []
    for _ in range(10):
        logits = logits_of(config, params, tokens + written)[-1]
        logits[[PAD, BOS, UNK]] = -np.inf
        written.append(int(logits.argmax()))
    expected = sampler.tokenizer.decode(written)
    assert EOS not in written
    greedy = replace(sampler, temperature=0.0, max_new_tokens=10)
    assert "".join(greedy("the river")) == expected


def test_equal_seeds_write_equal_texts(sampler: Sampler) -> None:
    """A seed repeats its text; other seeds write others."""
    answers = ["".join(replace(sampler, seed=seed)("the")) for seed in (1, 1, 2, 3)]
    assert answers[0] == answers[1]
    assert len(set(answers)) == 3


def test_other_settings_compile_nothing_anew(sampler: Sampler) -> None:
    """Temperature, cuts, seeds and prompts within a bucket share one compiled step."""
    list(sampler("the river"))
    steps: list[Any] = [sampling.prefill, sampling.decode, sampling.draw]
    before = [step._cache_size() for step in steps]
    other = replace(sampler, temperature=0.3, top_k=5, top_p=0.9, seed=9, max_new_tokens=20)
    list(other("quiet"))
    assert [step._cache_size() for step in steps] == before


def test_a_full_context_ends_the_text(sampler: Sampler) -> None:
    """Text stops where the context is full; a prompt that leaves no room is an error."""
    forced = replace(sampler, max_new_tokens=10_000, temperature=5.0, seed=4)
    prompt = [BOS] + [50] * 54
    assert len(list(forced._write(prompt))) <= 64 - 55
    with pytest.raises(PromptTooLong, match="the context holds 64"):
        sampler("mills " * 64)


def test_no_tokens_asked_for_none_written(sampler: Sampler) -> None:
    """`max_new_tokens` bounds the text, down to nothing."""
    assert list(replace(sampler, max_new_tokens=0)("the")) == []


def test_prompts_are_padded_to_powers_of_two() -> None:
    """Buckets are the next power of two, at least 16 and at most the context."""
    assert [bucket(n, 100) for n in (1, 16, 17, 64, 65, 99)] == [16, 16, 32, 64, 100, 100]


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1.0}, {"top_k": -1}, {"top_p": 0.0}, {"max_new_tokens": -1}]
)
def test_wrong_settings_are_refused(sampler: Sampler, wrong: dict[str, float]) -> None:
    """A value out of its range raises an error that names it."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(sampler, **wrong)  # type: ignore[arg-type]


def frequencies(temperature: float, top_k: int, top_p: float) -> np.ndarray:
    """Draw 4,000 tokens from five known probabilities, one of them forbidden."""
    shares = np.array([0.1, 0.4, 0.2, 0.05, 0.25])
    choice = Choice(
        temperature=jnp.float32(temperature),
        top_k=jnp.int32(top_k),
        top_p=jnp.float32(top_p),
        allowed=jnp.asarray([True, True, True, True, False]),
    )
    logits = jnp.asarray(np.tile(np.log(shares), (4000, 1)), jnp.float32)
    drawn = draw(logits, jax.random.key(1), choice)
    return np.bincount(np.asarray(drawn), minlength=5) / 4000


@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p", "expected"),
    [
        (1.0, 5, 1.0, [0.1, 0.4, 0.2, 0.05, 0]),
        (0.5, 5, 1.0, [0.01, 0.16, 0.04, 0.0025, 0]),
        (1.0, 2, 1.0, [0, 0.4, 0.2, 0, 0]),
        (1.0, 5, 0.6, [0, 0.4, 0.2, 0, 0]),
        (1.0, 5, 0.01, [0, 1, 0, 0, 0]),
        (0.0, 5, 1.0, [0, 1, 0, 0, 0]),
    ],
)
def test_tokens_are_drawn_from_the_cut_distribution(
    temperature: float, top_k: int, top_p: float, expected: list[float]
) -> None:
    """Frequencies follow the renormalised probabilities; what is cut or forbidden never comes."""
    found = frequencies(temperature, top_k, top_p)
    share = np.array(expected) / sum(expected)
    np.testing.assert_allclose(found, share, atol=0.03)
    assert not found[share == 0].any()
