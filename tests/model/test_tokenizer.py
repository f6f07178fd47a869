from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gemsieve.model.sampling.streaming import detokenize
from gemsieve.model.tokenizer import BOS, EOS, Tokenizer, train_tokenizer


def test_equal_texts_give_an_equal_file(texts: list[str], tokenizer: Tokenizer) -> None:
    """Learning twice from the same texts gives the same bytes."""
    assert train_tokenizer(iter(texts), 300, 1_000_000).content == tokenizer.content


def test_learns_from_no_more_than_its_budget(texts: list[str]) -> None:
    """Text past `training_bytes` cannot change the tokenizer."""
    start, budget = texts[:80], sum(len(text.encode()) for text in texts[:40])
    other = [*start, "zebra " * 500]
    assert (
        train_tokenizer(start, 300, budget).content == train_tokenizer(other, 300, budget).content
    )


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\u2581\0")))
def test_text_survives_the_round_trip(tokenizer: Tokenizer, text: str) -> None:
    """Any text comes back as it was, spaces, line ends and unknown scripts included."""
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_special_pieces_have_gemmas_numbers_and_cannot_be_typed(tokenizer: Tokenizer) -> None:
    """Documents stand between `<bos>` and `<eos>`; their names in a text stay text."""
    (pieces,) = tokenizer.encode_documents(["a <eos> b <bos> c"])
    assert (pieces[0], pieces[-1]) == (BOS, EOS) == (2, 1)
    assert not {0, 1, 2, 3} & set(pieces[1:-1])


@given(pieces=st.lists(st.integers(0, 299), max_size=30))
@example(pieces=[])
def test_streamed_text_is_the_decoded_text(tokenizer: Tokenizer, pieces: list[int]) -> None:
    """The chunks of any pieces, broken UTF-8 too, join to what decoding them at once gives."""
    assert "".join(detokenize(tokenizer, pieces)) == tokenizer.decode(pieces)


@given(data=st.lists(st.integers(0x80, 0xFF), max_size=12))
def test_streamed_bytes_are_the_decoded_bytes(tokenizer: Tokenizer, data: list[int]) -> None:
    """The same holds where every piece is a byte above ASCII."""
    table = {tokenizer.byte(piece): piece for piece in range(tokenizer.vocab_size)}
    pieces = [table[byte] for byte in data]
    assert "".join(detokenize(tokenizer, pieces)) == tokenizer.decode(pieces)


@given(text=st.text(st.sampled_from("aß鯨🐳 "), min_size=1))
def test_no_chunk_splits_a_character(tokenizer: Tokenizer, text: str) -> None:
    """Well-formed text streams without a single U+FFFD, and never as an empty chunk."""
    chunks = list(detokenize(tokenizer, tokenizer.encode(text)))
    assert all(chunks)
    assert "\ufffd" not in "".join(chunks)


def test_text_leaves_as_soon_as_it_is_certain(tokenizer: Tokenizer) -> None:
    """A chunk is out before the next piece is asked for, unless a character is incomplete."""
    pieces, pulled = tokenizer.encode("old 鯨 mills"), 0

    def arriving() -> Iterator[int]:
        nonlocal pulled
        for piece in pieces:
            pulled += 1
            yield piece

    released = [pulled for _ in detokenize(tokenizer, arriving())]
    first = next(n for n, piece in enumerate(pieces) if tokenizer.byte(piece) is not None)
    # The three bytes of the character leave with the last of them.
    waiting = {first + 1, first + 2}
    assert released == [n for n in range(1, len(pieces) + 1) if n not in waiting]


def test_too_little_text_is_said_without_quoting_it() -> None:
    """A vocabulary that the text cannot fill is an error that names the setting, not the text."""
    with pytest.raises(ValueError, match=r"lower model\.vocab_size") as error:
        train_tokenizer(["xyzzy plugh"], 4000, 1000)
    assert "xyzzy" not in str(error.value)


def test_other_files_are_refused(tmp_path: Path, tokenizer: Tokenizer) -> None:
    """A written tokenizer reads back; bytes that are none raise an error naming the file."""
    path = tmp_path / "tokenizer.model"
    tokenizer.write(path)
    assert Tokenizer.read(path).digest == tokenizer.digest
    path.write_bytes(b"not a model")
    with pytest.raises(ValueError, match=r"tokenizer\.model: not a SentencePiece model"):
        Tokenizer.read(path)
