"""Word pieces: the peer's cut, and what is read before it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.model.toxicity.tier import FOLDER, VOCABULARY
from gemsieve.model.toxicity.wordpiece import WordPiece, plain, read_vocabulary

PIECES = read_vocabulary(FOLDER / VOCABULARY)
CUT = WordPiece(PIECES)
TRICKY = "aéİßÅﬁ\u0301 \t\n\x00\x07\u00ad\u200d.,'-_$`^|~+<>#@\u20ac漢字ㄱ한ñØ\ufffd¿«»ªºmuzhu1٣"
# Left out: rare control characters, which Python counts as spaces and the peer drops, and scripts
# of which its tables are older than Python's.
TEXTS = st.text(TRICKY, max_size=30) | st.text(
    st.characters(max_codepoint=0x5FF, exclude_categories=["Cc", "Cn", "Co", "Cs"])
)


@cache
def peer() -> Any:
    """Return the `tokenizers` library's uncased BERT with the shipped vocabulary."""
    tokenizers = pytest.importorskip("tokenizers")
    numbers = {piece: i for i, piece in enumerate(PIECES)}
    return tokenizers.BertWordPieceTokenizer(numbers, lowercase=True)


@given(TEXTS | st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join))
def test_pieces_are_those_of_the_peer(text: str) -> None:
    """The cut of a plain text equals the peer's, but that it takes "[SEP]" in a text for a mark."""
    read = plain(text.replace("[", "("))
    assert CUT(read) == peer().encode(read, add_special_tokens=False).ids


@given(TEXTS)
def test_reading_a_plain_text_again_changes_nothing(text: str) -> None:
    """So a passage that the fast tier has already read is read alike."""
    assert CUT(plain(plain(text))) == CUT(plain(text))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("see https://example.org/a?b=c now", "see url now"),
        ("thanks @some_one", "thanks user"),
        ("a b@stard", "a b @ stard"),
        ("ｆｕｌｌ width", "full width"),
        ("so\u200bft hy\u00adphen", "soft hyphen"),
        ("\U0001f595", "reversed hand with middle finger extended"),
    ],
)
def test_what_hides_a_word_is_read_through(text: str, read: str) -> None:
    """Links and @names become one word, pictures their names, and forms their plain letters."""
    assert CUT(text) == CUT(read)


def test_a_vocabulary_must_begin_with_padding() -> None:
    """Number 0 means padding to the encoder."""
    with pytest.raises(ValueError, match="PAD"):
        WordPiece(["[UNK]", "[PAD]", "[CLS]", "[SEP]"])
