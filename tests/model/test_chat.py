from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example as given_example
from hypothesis import given
from hypothesis import strategies as st
from tests.model.spelled import learned

from gemsieve.model.sampling.chat import Turn, example, marks, prompt
from gemsieve.model.tokenizer import BOS, EOS, Tokenizer

MARKS = ["<start_of_turn>", "<end_of_turn>"]


@pytest.fixture(scope="module")
def gemmas(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Tokenizer:
    """Return a tokenizer with Gemma's symbols in Gemma's manner, read from a file."""
    path = tmp_path_factory.mktemp("gemma") / "tokenizer.model"
    learned(texts, ["<mask>", "<unused0>", *MARKS]).write(path)
    return Tokenizer.read(path)


@pytest.fixture(params=["ours", "gemma's"])
def either(request: pytest.FixtureRequest, tokenizer: Tokenizer, gemmas: Tokenizer) -> Tokenizer:
    """Return the one and the other."""
    return tokenizer if request.param == "ours" else gemmas


def whole(tokenizer: Tokenizer, text: str) -> list[int]:
    """Encode a written-out conversation at once: marks of turns in it become their pieces."""
    processor: Any = tokenizer._processor
    return [BOS, *processor.encode(text)]


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\u2581\0<"))


@given(texts=st.lists(words, min_size=3, max_size=3))
@given_example(texts=["\n\none\n", " two ", "\tthree\n\n\nfour"])
def test_pieces_are_those_of_gemmas_template(gemmas: Tokenizer, texts: list[str]) -> None:
    """A prompt is what SentencePiece reads in the template's text, filled in as a whole."""
    one, two, three = (text.strip() for text in texts)
    written = (
        f"<start_of_turn>user\n{one}<end_of_turn>\n"
        f"<start_of_turn>model\n{two}<end_of_turn>\n"
        f"<start_of_turn>user\n{three}<end_of_turn>\n<start_of_turn>model\n"
    )
    turns = [Turn("user", texts[0]), Turn("assistant", texts[1]), Turn("user", texts[2])]
    assert prompt(gemmas, turns) == whole(gemmas, written)


def test_the_files_marks_are_found_by_name(gemmas: Tokenizer, tokenizer: Tokenizer) -> None:
    """Whatever their numbers; the answer ends at the mark or at `<eos>`."""
    for either in (gemmas, tokenizer):
        assert [either.name(piece) for piece in marks(either)] == MARKS
        assert either.ends == (EOS, marks(either)[1])
    assert marks(gemmas) != marks(tokenizer)


@given(text=st.lists(st.sampled_from([*MARKS, "<bos>", "<eos>", "<", "a", "\n"])).map("".join))
def test_nobody_writes_a_special_piece(tokenizer: Tokenizer, gemmas: Tokenizer, text: str) -> None:
    """Names of special pieces in a text, a document or a turn stay text, and come back as it."""
    for either in (tokenizer, gemmas):
        assert not either.special & set(either.encode(text))
        assert either.decode(either.encode(text)) == text
        (document,) = either.encode_documents([text])
        assert document == [BOS, *either.encode(text), EOS]
        pieces = prompt(either, [Turn("user", text)])
        assert sum(piece in either.special for piece in pieces) == 4


def test_special_pieces_have_no_text(either: Tokenizer) -> None:
    """Neither ends nor marks of turns show in what a model wrote."""
    pieces = prompt(either, [Turn("user", "old mills")])
    assert either.decode(pieces) == "user\nold mills\nmodel\n"
    assert all(either.data(piece) == b"" for piece in either.special)


def test_what_the_system_says_opens_the_first_turn(either: Tokenizer) -> None:
    """Gemma 2 has no system role: it is put before the user's words."""
    folded = prompt(either, [Turn("system", "Be brief. "), Turn("user", " why")])
    assert folded == prompt(either, [Turn("user", "Be brief.\n\nwhy")])


def test_the_models_words_are_learned_and_nothing_else(either: Tokenizer) -> None:
    """The mask covers the model's words and the mark that ends each; `<bos>` comes once."""
    turns = [Turn("user", "old?"), Turn("model", "mills"), Turn("user", "so"), Turn("model", "sea")]
    pieces, mask = example(either, turns)
    end = marks(either)[1]
    chosen = [piece for piece, learn in zip(pieces, mask, strict=True) if learn]
    assert chosen == [*either.encode("mills"), end, *either.encode("sea"), end]
    assert pieces.count(BOS) == 1
    assert pieces[: len(prompt(either, turns[:3]))] == prompt(either, turns[:3])


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ([], "no turn of the user's"),
        (["system"], "no turn of the user's"),
        (["model"], "turn 1 is of role 'model', not 'user'"),
        (["user", "user"], "turn 2 is of role 'user', not 'model'"),
        (["user", "system"], "turn 2 is of role 'system'"),
        (["tool"], "turn 1 is of role 'tool'"),
        (["user", "model"], "the last turn must be the user's"),
    ],
)
def test_what_is_no_conversation_is_refused(
    tokenizer: Tokenizer, roles: list[str], message: str
) -> None:
    """The error says which turn is wrong, without its words."""
    with pytest.raises(ValueError, match=message) as error:
        prompt(tokenizer, [Turn(role, "xyzzy") for role in roles])
    assert "xyzzy" not in str(error.value)


def test_a_lesson_ends_with_the_model(tokenizer: Tokenizer) -> None:
    """A conversation whose last turn is the user's has an end that nothing is learned from."""
    with pytest.raises(ValueError, match="the last turn must be the model's"):
        example(tokenizer, [Turn("user", "why")])


def test_a_tokenizer_without_marks_is_refused(texts: list[str]) -> None:
    """It has no turns; the error says what is missing."""
    plain = learned(texts, [])
    assert plain.ends == (EOS,)
    with pytest.raises(ValueError, match="no pieces <start_of_turn> and <end_of_turn>"):
        prompt(plain, [Turn("user", "why")])
