from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from tests.model.reference import logits_of

from gemsieve.model.checkpoints.forms import load
from gemsieve.model.sampling import rows
from gemsieve.model.sampling.draw import Drawing
from gemsieve.model.sampling.request import PromptTooLong
from gemsieve.model.sampling.sampler import Sampler
from gemsieve.model.tokenizer import BOS, EOS, PAD, UNK
from gemsieve.model.training.train import Summary

GREEDY = Drawing(temperature=0.0)


@pytest.fixture(scope="module")
def sampler(finished: tuple[Path, Summary]) -> Sampler:
    """Return a sampler of the finished run."""
    trained = load(finished[0])
    return Sampler(params=trained.params, config=trained.config, tokenizer=trained.tokenizer)


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
    greedy = replace(sampler, drawing=GREEDY, max_new_tokens=10)
    assert "".join(greedy("the river")) == expected


def test_equal_seeds_write_equal_texts(sampler: Sampler) -> None:
    """A seed repeats its text; other seeds write others."""
    answers = ["".join(replace(sampler, seed=seed)("the")) for seed in (1, 1, 2, 3)]
    assert answers[0] == answers[1]
    assert len(set(answers)) == 3


def test_other_settings_compile_nothing_anew(sampler: Sampler) -> None:
    """Temperature, cuts, seeds and prompts within a bucket share their compiled steps."""
    list(sampler("the river"))
    steps: list[Any] = [rows.read, rows.begin, rows.join, rows.advance]
    before = [step._cache_size() for step in steps]
    drawing = Drawing(temperature=0.3, top_k=5, top_p=0.9, min_p=0.1, repetition_penalty=1.2)
    list(replace(sampler, drawing=drawing, seed=9, max_new_tokens=20)("quiet"))
    assert [step._cache_size() for step in steps] == before


def test_a_prompt_that_fills_the_context_is_refused(sampler: Sampler) -> None:
    """The error comes with the call, not with the first chunk."""
    with pytest.raises(PromptTooLong, match="the context holds 64"):
        sampler("mills " * 64)


def test_a_stop_string_ends_the_text_before_it(sampler: Sampler) -> None:
    """What is written is the same up to the string; an abandoned text leaves the row free."""
    whole = "".join(sampler("the river"))
    end = whole[12:18]
    expected = whole[: whole.index(end)]
    assert expected
    stopped = replace(sampler, stop=(end,))
    assert "".join(stopped("the river")) == expected
    abandoned = stopped("the river")
    next(abandoned)
    del abandoned
    assert "".join(stopped("the river")) == expected


def test_no_tokens_asked_for_none_written(sampler: Sampler) -> None:
    """`max_new_tokens` bounds the text, down to nothing."""
    assert list(replace(sampler, max_new_tokens=0)("the")) == []


@pytest.mark.parametrize("wrong", [{"max_new_tokens": -1}, {"seed": -1}], ids=str)
def test_wrong_settings_are_refused(sampler: Sampler, wrong: dict[str, int]) -> None:
    """A value out of its range raises an error that names it."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(sampler, **wrong)  # type: ignore[arg-type]
