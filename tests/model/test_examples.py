"""Chats to learn from: what is learned, how rows are filled, and which rows are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.model.spelled import learned as plain_tokenizer

from gemsieve.model.sampling.chat import Turn, example, marks
from gemsieve.model.tokenizer import Tokenizer
from gemsieve.model.training.data.order import batches
from gemsieve.model.training.data.row_files import read_rows
from gemsieve.model.training.tuning.chat_rows import ChatRows, apart, packed
from gemsieve.model.training.tuning.examples import (
    Chats,
    ExamplesError,
    read_chats,
    read_pairs,
)

LENGTH = 64
WRITTEN = "<start_of_turn>user\na<end_of_turn>\n<start_of_turn>model\nb<end_of_turn>\n"


def chat(*contents: str, system: str = "") -> dict[str, Any]:
    """Return a row whose turns are the user's and the assistant's in alternation."""
    roles = ("user", "assistant")
    turns = [{"role": roles[i % 2], "content": text} for i, text in enumerate(contents)]
    return {"messages": [{"role": "system", "content": system}] * bool(system) + turns}


def segments(rows: ChatRows) -> list[dict[str, list[int]]]:
    """Return the columns of each segment of each row, padding left out."""
    return [
        {name: column[row["segments"] == segment].tolist() for name, column in row.items()}
        for row in (rows[index] for index in range(len(rows)))
        for segment in range(1, int(row["segments"].max()) + 1)
    ]


words = st.sampled_from(["mills", "the sea", "7", "ü", "河 🪨", " quiet\n", "<end_of_turn>"])
rows = st.lists(
    st.lists(st.tuples(words, words), min_size=1, max_size=2).map(
        lambda turns: chat(*[text for turn in turns for text in turn])
    ),
    min_size=1,
    max_size=6,
)


@given(rows=rows)
def test_exactly_the_models_turns_are_learned(
    tokenizer: Tokenizer, rows: list[dict[str, Any]]
) -> None:
    """The targets that weigh 1 are the words of the model's turns and the marks that end them."""
    end = marks(tokenizer)[1]
    chats = read_chats(rows, tokenizer, 256, "rows")
    for row, found in zip(rows, segments(apart(chats)), strict=True):
        answers = [m["content"].strip() for m in row["messages"] if m["role"] == "assistant"]
        expected = [piece for text in answers for piece in [*tokenizer.encode(text), end]]
        pairs = zip(found["targets"], found["weights"], strict=True)
        assert [target for target, weight in pairs if weight] == expected
        assert set(found["weights"]) == {0, 1}


@given(rows=rows)
def test_packing_loses_and_doubles_nothing(
    tokenizer: Tokenizer, rows: list[dict[str, Any]]
) -> None:
    """Each chat is one segment with positions from 0 and all its pieces; the rest is padding."""
    filled = packed(read_chats(rows, tokenizer, 256, "rows"))
    found = segments(filled)
    whole = [[*one["tokens"], one["targets"][-1]] for one in found]
    names = {"assistant": "model", "user": "user"}
    turns = [[Turn(names[m["role"]], m["content"]) for m in row["messages"]] for row in rows]
    assert sorted(whole) == sorted(example(tokenizer, each)[0] for each in turns)
    for one in found:
        assert one["positions"] == list(range(len(one["tokens"])))
        assert one["targets"][:-1] == one["tokens"][1:]
    for row in (filled[index] for index in range(len(filled))):
        padding = row["segments"] == 0
        assert not any(column[padding].any() for column in row.values())
        assert not padding[: np.count_nonzero(~padding)].any()


@given(sizes=st.lists(st.integers(1, LENGTH), min_size=1, max_size=40))
def test_rows_are_filled(sizes: list[int]) -> None:
    """No row is too full, every chat is in one row, and no two rows would fit into one."""
    pieces = [np.ones(size + 1, np.uint16) for size in sizes]
    plan = packed(Chats(pieces, [piece > 0 for piece in pieces], LENGTH)).plan
    assert sorted(number for row in plan for number in row) == list(range(len(sizes)))
    filled = sorted(sum(sizes[number] for number in row) for row in plan)
    assert filled[-1] <= LENGTH
    assert len(filled) < 2 or filled[0] + filled[1] > LENGTH


def test_files_and_data_sets_say_the_same(tokenizer: Tokenizer, tmp_path: Path) -> None:
    """JSON lines, Parquet and the library `datasets` give one result, which grain batches."""
    datasets = pytest.importorskip("datasets")
    rows = [chat("old?", "mills", system="brief"), chat("so", "sea", "why", "河")]
    lines, table = tmp_path / "chats.jsonl", tmp_path / "chats.parquet"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), table)
    sources = [rows, read_rows(lines), read_rows(table), datasets.Dataset.from_list(rows)]
    all_chats = [read_chats(source, tokenizer, LENGTH, "chats") for source in sources]
    first = segments(packed(all_chats[0]))
    assert len(first) == len(rows)
    assert all(segments(packed(chats)) == first for chats in all_chats)
    batch = batches(apart(all_chats[0]), 2, seed=0)[0]
    assert batch["weights"].shape == (2, LENGTH)
    assert batch["weights"].sum() == sum(sum(one["weights"]) for one in first)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, "row 2: `messages` must be a list"),
        ("xyzzy", "row 2: `messages` must be a list"),
        ({"messages": []}, "row 2: `messages` must be a list"),
        ({"messages": ["xyzzy"]}, "row 2: `messages`, message 1: role must be one of"),
        ({"messages": [{"role": "xyzzy", "content": "a"}]}, "message 1: role must be one of"),
        (chat("xyzzy", " \n"), "row 2: `messages`, message 2: content must be a text, and not"),
        ({"messages": [{"role": "user"}]}, "row 2: `messages`, message 1: content must be a text"),
        ({"text": "xyzzy"}, "row 2: `text`: message 1 is not between"),
        ({"messages": WRITTEN.replace("b<", "<")}, "message 2: content must be a text, and not"),
        ({"messages": WRITTEN.replace("a<", "<start_of_turn><")}, "message 1 is not between"),
        (chat("xyzzy"), "row 2: `messages`: the last turn must be the model's"),
        ({"messages": chat("xyzzy", "a")["messages"][1:]}, "turn 1 is of role 'assistant'"),
        (chat("xyzzy " * 90, "a"), "row 2: `messages`: takes [0-9]+ tokens, and a row has 64"),
    ],
)
def test_a_wrong_row_is_named(tokenizer: Tokenizer, row: object, message: str) -> None:
    """By number and key, and never by its words."""
    with pytest.raises(ExamplesError, match=message) as error:
        read_chats([chat("a", "b"), row], tokenizer, LENGTH, "chats")
    assert "chats: 1 rows cannot" in str(error.value)
    assert "xyzzy" not in str(error.value)


def test_a_chat_may_be_a_text(tokenizer: Tokenizer) -> None:
    """Marks around its messages, in either column: the pieces are those of the list."""
    rows = [chat("a", "b"), {"text": WRITTEN}, {"messages": WRITTEN, "text": "as judged"}]
    chats = read_chats(rows, tokenizer, LENGTH, "chats")
    for one, other in ((0, 1), (0, 2)):
        np.testing.assert_array_equal(chats.pieces[one], chats.pieces[other])


def pair(chosen: dict[str, Any], rejected: dict[str, Any]) -> dict[str, Any]:
    """Return a row of two chats."""
    return {"chosen": chosen["messages"], "rejected": rejected["messages"]}


def test_pairs_are_two_lists_of_chats(tokenizer: Tokenizer) -> None:
    """Both in order, each as if it had been read alone."""
    better, worse = (
        [chat("a", "b"), chat("so", "sea", "7", "42")],
        [
            chat("a", "mills"),
            chat("so", "sea", "7", "ü"),
        ],
    )
    pairs = read_pairs(map(pair, better, worse), tokenizer, LENGTH, "pairs")
    for found, rows in zip(pairs, (better, worse), strict=True):
        assert segments(apart(found)) == segments(
            apart(read_chats(rows, tokenizer, LENGTH, "chats"))
        )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (chat("xyzzy", "b"), "row 1: `chosen` must be a list"),
        (pair(chat("a", "b"), {"messages": None}), "row 1: `rejected` must be a list"),
        (pair(chat("xyzzy", "b"), chat("a", "c")), "row 1: `chosen` and `rejected` must differ in"),
        (pair(chat("a", "xyzzy"), chat("a", "xyzzy")), "must differ in their last message alone"),
        (pair(chat("a"), chat("xyzzy")), "row 1: `chosen`: the last turn must be the model's"),
        (pair(chat("a", "b"), chat("a", "xyzzy " * 90)), "row 1: `rejected`: takes [0-9]+ tokens"),
    ],
)
def test_a_wrong_pair_is_named(tokenizer: Tokenizer, row: object, message: str) -> None:
    """By number and key, and never by its words."""
    with pytest.raises(ExamplesError, match=message) as error:
        read_pairs([row], tokenizer, LENGTH, "pairs")
    assert "xyzzy" not in str(error.value)


def test_the_longest_chat_that_fits_is_taken(tokenizer: Tokenizer) -> None:
    """A chat may fill its row to the last token, and no further."""
    size = len(example(tokenizer, [Turn("user", "old"), Turn("model", "mills")])[0]) - 1
    chats = read_chats([chat("old", "mills")], tokenizer, size, "chats")
    assert (packed(chats)[0]["segments"] == 1).all()
    with pytest.raises(ExamplesError, match=f"takes {size} tokens, and a row has {size - 1}"):
        read_chats([chat("old", "mills")], tokenizer, size - 1, "chats")


def test_wrong_files_are_named(tokenizer: Tokenizer, texts: list[str], tmp_path: Path) -> None:
    """Another form, a damaged file, a bad line, nothing at all, a tokenizer without marks."""
    lines, table = tmp_path / "a.jsonl", tmp_path / "a.parquet"
    lines.write_text('{"messages": []}\n{"xyzzy\n')
    table.write_text("xyzzy")
    with pytest.raises(ExamplesError, match=r"a\.jsonl: line 2 is no JSON") as error:
        list(read_rows(lines))
    assert "xyzzy" not in str(error.value)
    with pytest.raises(ExamplesError, match=r"a\.parquet: no Parquet file"):
        list(read_rows(table))
    with pytest.raises(ExamplesError, match=r"a\.csv: chats are read from"):
        list(read_rows(tmp_path / "a.csv"))
    with pytest.raises(ExamplesError, match="many: holds no chats"):
        read_chats([], tokenizer, LENGTH, "many")
    with pytest.raises(ExamplesError, match=r"many: 12 rows .*\nrow 1: .*(\nrow.*){9}$"):
        read_chats([{}] * 12, tokenizer, LENGTH, "many")
    with pytest.raises(ValueError, match="no pieces <start_of_turn>"):
        read_chats([chat("a", "b")], plain_tokenizer(texts, []), LENGTH, "chats")
