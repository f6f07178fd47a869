from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.model.tokenizer import BOS, EOS, Tokenizer
from gemsieve.model.training.data.rows import (
    Documents,
    Rows,
    in_order,
    read_texts,
    split,
    tokenize,
)
from gemsieve.pipeline.manifest import verify


def documents_of(lengths: list[int]) -> Documents:
    """Make documents whose tokens are all different, so that each can be traced."""
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    return Documents(np.arange(1, bounds[-1] + 1), bounds)


lengths = st.lists(st.integers(2, 25), min_size=1, max_size=12)


@given(lengths=lengths, length=st.integers(2, 16))
def test_every_next_token_is_learned_exactly_once(lengths: list[int], length: int) -> None:
    """Over all rows, the weighted (token, target) pairs are the neighbours in each document."""
    documents = documents_of(lengths)
    learned = [
        (int(token), int(target))
        for row in (Rows(documents, length)[i] for i in range(len(Rows(documents, length))))
        for token, target, weight in zip(row["tokens"], row["targets"], row["weights"], strict=True)
        if weight
    ]
    inner = [
        (int(t), int(t) + 1)
        for start, stop in zip(documents.bounds, documents.bounds[1:], strict=False)
        for t in documents.tokens[start : stop - 1]
    ]
    assert learned == inner


@given(lengths=lengths, length=st.integers(2, 16))
def test_positions_count_within_segments(lengths: list[int], length: int) -> None:
    """Segments number a row's documents from 1, positions from 0; padding is segment 0, last."""
    rows = Rows(documents_of(lengths), length)
    for row in (rows[i] for i in range(len(rows))):
        segments, positions = row["segments"], row["positions"]
        real = segments > 0
        assert segments[0] == 1
        assert not np.any(real[1:] & ~real[:-1])
        same = (segments[1:] == segments[:-1])[real[1:]]
        assert np.isin(np.diff(segments[real]), [0, 1]).all()
        assert (np.diff(positions[real])[same] == 1).all()
        assert (positions[real][1:][~same] == 0).all()
        assert positions[0] == 0
        assert not row["weights"][~real].any()


def test_shards_become_documents(data: Path, tokenizer: Tokenizer, texts: list[str]) -> None:
    """Every kept text is read once, in the manifest's order, between `<bos>` and `<eos>`."""
    documents = tokenize(read_texts(verify(data).kept), tokenizer)
    expected = texts[0::2] + texts[1::2]
    assert len(documents) == len(expected)
    for index, text in enumerate(expected):
        pieces = documents.tokens[documents.bounds[index] : documents.bounds[index + 1]].tolist()
        assert (pieces[0], pieces[-1]) == (BOS, EOS)
        assert tokenizer.decode(pieces) == text
    assert documents.tokens.dtype == np.uint16


@given(count=st.integers(3, 40), every=st.integers(2, 3), seed=st.integers(0, 5))
def test_the_split_parts_the_documents(count: int, every: int, seed: int) -> None:
    """Each document is on one side; the held-out side does not depend on the seed."""
    documents = documents_of([3] * count)
    training, held_out = split(documents, every, seed)
    both = np.concatenate([training.tokens, held_out.tokens])
    assert sorted(both.tolist()) == documents.tokens.tolist()
    assert len(held_out) == count // every
    assert held_out.tokens.tolist() == split(documents, every, seed + 1)[1].tokens.tolist()


def test_too_few_documents_are_refused() -> None:
    """A corpus that would leave nothing held out is an error that names the setting."""
    with pytest.raises(ValueError, match=r"data\.held_out_every"):
        split(documents_of([3] * 4), 5, 0)


def test_held_out_batches_have_one_shape() -> None:
    """Rows come once, up to the limit; what fills the last batch weighs nothing."""
    rows = Rows(documents_of([9] * 10), 8)
    found = list(in_order(rows, 4, limit=6))
    assert [batch["tokens"].shape for batch in found] == [(4, 8), (4, 8)]
    assert found[1]["weights"][2:].sum() == 0
    total = sum(float(batch["weights"].sum()) for batch in found)
    assert total == sum(float(rows[i]["weights"].sum()) for i in range(6))
