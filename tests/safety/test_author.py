"""What an author does once, so that no answer does it again or waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from tests.model.reference import loud_params
from tests.safety.api.tiny import ASKED, CONFIG, tokenizer

from gemsieve.filters import Filter
from gemsieve.model.sampling import rows
from gemsieve.model.sampling.engine import Engine
from gemsieve.safety.author import Author, Prompt, Task, lengths

SMALL = replace(CONFIG, max_length=40)


@pytest.fixture(scope="module")
def author(make_filter: Callable[..., Filter]) -> Author:
    """An author of a model that reads 39 tokens, proved."""
    params = jax.tree.map(jnp.asarray, loud_params(SMALL, seed=3))
    engine = Engine(params=params, config=SMALL, rows=2)
    author = Author("small", lambda: (engine, tokenizer()), rows=2)
    author.prove(make_filter([]))
    return author


def written(author: Author, prompt: Prompt, seed: int, attempt: int = 0) -> list[Any]:
    """Write a few tokens."""
    return list(author.write(Task(prompt=prompt, seed=seed, max_tokens=4), attempt))


def test_nothing_is_compiled_for_an_answer(author: Author) -> None:
    """Whatever the length of its prompt, up to the longest that can be read."""
    programs: list[Any] = [rows.read, rows.begin, rows.join, rows.advance]
    before = [program._cache_size() for program in programs]
    pieces = author.begun_by("")[:1]
    for length in (1, 16, 17, 32, 33, 39):
        written(author, Prompt(pieces * length), seed=length)
    assert [program._cache_size() for program in programs] == before


@pytest.mark.parametrize(
    ("most", "tried"), [(1, [1]), (16, [16]), (17, [16, 17]), (100, [16, 32, 64, 100])]
)
def test_each_length_that_prompts_are_padded_to_is_tried(most: int, tried: list[int]) -> None:
    """Powers of two, and the longest prompt."""
    assert list(lengths(most)) == tried


def test_a_prompt_is_read_once_for_all_its_answers(
    author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four answers and an attempt: one reading, and the words of prompts that are read alone."""
    engine, pieces, read = author._engine, author.begun_by(ASKED), []
    reading = engine._read

    def counted(tokens: Any, prefix: Any) -> Any:
        read.append(len(tokens))
        return reading(tokens, prefix)

    each = [(0, 0), (1, 0), (2, 0), (3, 0), (1, 1)]
    alone = [written(author, Prompt(pieces), seed, attempt) for seed, attempt in each]
    monkeypatch.setattr(engine, "_read", counted)
    prompt = Prompt(pieces)
    assert [written(author, prompt, seed, attempt) for seed, attempt in each] == alone
    assert [length for length in read if length] == [len(pieces)]
