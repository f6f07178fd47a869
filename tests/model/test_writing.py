from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from gemsieve.model.sampling.request import Sampled
from gemsieve.model.sampling.stop import Stop
from gemsieve.model.sampling.writing import Chunk, Writing, described
from gemsieve.model.tokenizer import EOS, Tokenizer

answers = st.lists(st.integers(0, 299), max_size=20)
strings = st.lists(st.sampled_from(["a", " s", "st", "\ufffd", "th", "\n"]), max_size=2)


def written(tokenizer: Tokenizer, pieces: list[int], stop: list[str]) -> list[Chunk]:
    """Write an answer as a sampler does: until its end or a stop string."""
    writing, chunks = Writing(tokenizer, stop), []
    for number, piece in enumerate(pieces):
        chunks.append(writing.feed(Sampled(piece, -float(number))))
        if writing.stopped:
            break
    return [*chunks, writing.finish()]


@example(pieces=[203, 0, 137], strings=[])  # a special piece within a character's bytes
@given(pieces=answers, strings=strings)
def test_chunks_join_to_the_text_before_its_stop_string(
    tokenizer: Tokenizer, pieces: list[int], strings: list[str]
) -> None:
    """They are what cutting the decoded text gives."""
    stop = Stop(strings)
    expected = stop.feed(tokenizer.decode(pieces)) + stop.finish()
    chunks = written(tokenizer, pieces, strings)
    assert "".join(chunk.text for chunk in chunks) == expected


@given(pieces=answers)
def test_every_token_is_told_once_in_order(tokenizer: Tokenizer, pieces: list[int]) -> None:
    """Without a stop string all are told, and their bytes are the text's."""
    tokens = [token for chunk in written(tokenizer, pieces, []) for token in chunk.tokens]
    assert [token.piece for token in tokens] == pieces
    assert [token.logprob for token in tokens] == [-float(n) for n in range(len(pieces))]


@example(pieces=[203, 137, 0, 289])  # bytes of no character, then a piece of its own text
@given(pieces=answers)
def test_spans_are_where_the_tokens_stand(tokenizer: Tokenizer, pieces: list[int]) -> None:
    """In order they cover the text; a token that is no byte stands in the whole of its own."""
    chunks = written(tokenizer, pieces, [])
    text, reached = tokenizer.decode(pieces), 0
    for chunk in chunks:
        for token, (start, end) in zip(chunk.tokens, chunk.spans, strict=True):
            assert start <= reached <= max(reached, end)
            reached = max(reached, end)
            if tokenizer.byte(token.piece) is None and token.data:
                assert text[start:end] == token.data.decode()
    assert reached == len(text)


@example(pieces=[229] * 3, strings=[])  # bytes that end each other and never begin a character
@given(pieces=st.lists(st.integers(0, 299) | st.integers(195, 247), max_size=20), strings=strings)
def test_no_token_comes_after_its_first_character(
    tokenizer: Tokenizer, pieces: list[int], strings: list[str]
) -> None:
    """Whatever bytes are written: so what is said of a token is there when its text is judged."""
    released = 0
    for chunk in written(tokenizer, pieces, strings):
        assert all(start >= released for start, end in chunk.spans if start < end)
        released += len(chunk.text)


@given(text=st.text(st.sampled_from("aß鯨🐳 ")), stop=st.sampled_from(["鯨", "a ", "🐳ß"]))
def test_tokens_told_cover_the_text_and_none_begins_after_it(
    tokenizer: Tokenizer, text: str, stop: str
) -> None:
    """Where a stop string cuts through a token, the token is told; what follows is not."""
    chunks = written(tokenizer, tokenizer.encode(text), [stop])
    expected = text.split(stop, maxsplit=1)[0]
    tokens = [token for chunk in chunks for token in chunk.tokens]
    data = b"".join(token.data for token in tokens)
    assert data.startswith(expected.encode())
    before = b"".join(token.data for token in tokens[:-1])
    assert len(before) < len(expected.encode()) or not tokens


def test_a_token_comes_with_its_first_character(tokenizer: Tokenizer) -> None:
    """It is in the chunk that this character is in, even if the rest of its text waits."""
    pieces = [*tokenizer.encode("the"), *tokenizer.encode("鯨")]
    writing = Writing(tokenizer, ["e!"])
    seen = 0
    for piece in pieces:
        chunk = writing.feed(Sampled(piece, 0.0))
        for token in chunk.tokens:
            first = token.data.decode(errors="ignore")[:1]
            assert not first or first in chunk.text
        seen += len(chunk.tokens)
    assert seen == len(pieces)


def test_tokens_are_described_as_openai_describes_them(tokenizer: Tokenizer) -> None:
    """By text and bytes; a lone byte by its escape, a control piece by its name."""
    byte = next(p for p in range(300) if tokenizer.byte(p) == 0xE9)
    (letter,) = tokenizer.encode("a")
    token = described(tokenizer, Sampled(byte, -1.5, ((letter, -0.5), (EOS, -2.0))))
    assert (token.text, token.data, token.logprob) == (r"\xe9", b"\xe9", -1.5)
    assert [(top.text, top.data, top.logprob) for top in token.top] == [
        ("a", b"a", -0.5),
        ("<eos>", b"", -2.0),
    ]
