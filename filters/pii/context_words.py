"""Words in twelve languages that speak for or against a number beside them, to look up."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

# Scripts whose words have no borders to find, or carry their particles with them.
RUNS = re.compile("[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
LONGEST_PHRASE = 5


def folded(text: str) -> str:
    """Return a text without case, accents or full-width forms."""
    if text.isascii():
        return text.lower()
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", bare).casefold()


def tokens(text: str) -> list[str]:
    """Return the words of a folded text: without an apostrophe's d', l' before and 's behind."""
    import regex

    if "'" in text or "’" in text:
        text = regex.sub(r"['’]s\b|\b[dl]['’]", " ", text)
    found: list[str] = regex.findall(r"[\p{L}\p{M}][\p{L}\p{M}\p{N}]*", text)
    return found


def stem(word: str) -> str:
    """Return a folded word without a plural's s."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] not in "siu" else word


@dataclass
class Vocabulary:
    """Terms by the way in which they are looked up; each leads to the keys it speaks for.

    Attributes:
        whole: Words.
        begins: Beginnings of words.
        phrases: Rows of words.
        inside: Words of scripts whose words are not told apart.
    """

    whole: dict[str, set[str]] = field(default_factory=dict)
    begins: dict[str, set[str]] = field(default_factory=dict)
    phrases: dict[tuple[str, ...], set[str]] = field(default_factory=dict)
    inside: dict[str, set[str]] = field(default_factory=dict)

    def add(self, key: str, terms: Iterable[str]) -> None:
        """Let terms, as written in the table, speak for a key."""
        for term in terms:
            words = tuple(map(stem, tokens(folded(term))))
            if RUNS.search(term):
                self.inside.setdefault(folded(term), set()).add(key)
            elif len(words) > 1:
                self.phrases.setdefault(words, set()).add(key)
            elif term.endswith("*"):
                self.begins.setdefault(folded(term)[:-1], set()).add(key)
            elif words:
                self.whole.setdefault(words[0], set()).add(key)

    def ending(self, row: Sequence[str]) -> Iterator[str]:
        """Yield the keys of the terms that end a row of folded words."""
        last = row[-1]
        yield from self.whole.get(stem(last), ())
        for length in range(3, len(last) + 1):
            yield from self.begins.get(last[:length], ())
        stems = tuple(map(stem, row[-LONGEST_PHRASE:]))
        for first in range(len(stems) - 1):
            yield from self.phrases.get(stems[first:], ())


@cache
def table() -> Mapping[str, Mapping[str, Mapping[str, list[str]]]]:
    """Return the packaged table: themes, filler and entities."""
    with (Path(__file__).parent / "context.toml").open("rb") as file:
        return tomllib.load(file)


def words(entity: str, language: str) -> list[str]:
    """Return the words of one language that speak for an entity, as Presidio takes them."""
    entry = table()["entities"].get(entity, {})
    themes = table()["themes"]
    found = [word for theme in entry.get("themes", []) for word in themes[theme].get(language, [])]
    return [word.rstrip("*") for word in (*found, *entry.get("words", []))]
