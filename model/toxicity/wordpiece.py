"""From a text to the word pieces that the encoder reads (uncased BERT, arXiv 1810.04805)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

PAD, UNKNOWN, FIRST, LAST = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
LONGEST_WORD = 100

# The weights were tuned on exactly this reading, so it is stated here and shared with nobody.
ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
NAME = re.compile(r"(?<!\w)@\w{4,}")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
PICTURE = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]")
IDEOGRAPH = re.compile(
    "([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002ceaf"
    "\U0002f800-\U0002fa1f])"
)


def plain(text: str) -> str:
    """Return the text with compatibility forms folded, pictures named, links and @names masked."""
    if not text.isascii():
        text = INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
        text = PICTURE.sub(lambda m: f" {unicodedata.name(m[0], '').lower()} ", text)
    return NAME.sub(" user ", ADDRESS.sub(" url ", text))


def words(text: str) -> Iterator[str]:
    """Yield lower-case words without accents and single marks, as uncased BERT cuts them."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFD", IDEOGRAPH.sub(r" \1 ", text))
        text = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    word: list[str] = []
    for char in text.lower():
        if char.isalnum():
            word.append(char)
            continue
        kind = unicodedata.category(char)
        if char.isspace() or is_mark(char, kind):
            if word:
                yield "".join(word)
                word.clear()
            if not char.isspace():
                yield char
        elif kind[0] != "C" and char != "\ufffd":
            word.append(char)
    if word:
        yield "".join(word)


def is_mark(char: str, kind: str) -> bool:
    """Say whether BERT cuts at this character: punctuation, or any ASCII sign."""
    return kind[0] == "P" or (char.isascii() and kind[0] in "PS")


class WordPiece:
    """Cuts words into the longest pieces of a vocabulary, from the left; remembers common words."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._index: Mapping[str, int] = {piece: i for i, piece in enumerate(vocabulary)}
        self._known: dict[str, list[int]] = {}
        self.first, self.last = self._index[FIRST], self._index[LAST]
        self._unknown = self._index[UNKNOWN]
        if self._index[PAD] != 0:
            raise ValueError("the vocabulary does not begin with [PAD]: padding must be number 0")

    def __call__(self, text: str) -> list[int]:
        """Return the numbers of a text's pieces, without first and last marks."""
        return [number for word in words(plain(text)) for number in self._pieces(word)]

    def _pieces(self, word: str) -> list[int]:
        found = self._known.get(word)
        if found is None:
            found = self._cut(word)
            if len(self._known) < 100_000:
                self._known[word] = found
        return found

    def _cut(self, word: str) -> list[int]:
        if len(word) > LONGEST_WORD:
            return [self._unknown]
        numbers: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                number = self._index.get(prefix + word[start:end])
                if number is not None:
                    break
            else:
                return [self._unknown]
            numbers.append(number)
            start = end
        return numbers


def read_vocabulary(file: Path) -> list[str]:
    """Read a vocabulary of one piece a line."""
    return file.read_text("utf-8").split("\n")[:-1]
