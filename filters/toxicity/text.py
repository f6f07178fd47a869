"""How a text is read for toxicity: one normal form, in training and in use, cut into passages."""

from __future__ import annotations

import re
import unicodedata

URL = re.compile(r"(?:https?://|www\.)\S+")
NAME = re.compile(r"@\w+")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0f\ufeff]")
TOKEN = re.compile(r"\w+(?:'\w+)*|[^\w\s]|\n")

# A passage is about sixty English words: as long as the posts that the model learned from.
LONGEST = 400
SHORTEST = 200
PASSAGE = re.compile(
    rf".{{1,{LONGEST}}}\Z"  # the rest
    rf"|.{{{SHORTEST},{LONGEST}}}(?<=[.!?\n。！？] )"  # up to the last sentence or line end
    rf"|.{{{SHORTEST},{LONGEST}}}(?<= )"  # or the last space
    rf"|.{{1,{LONGEST}}}",  # or anywhere
    re.DOTALL,
)


def normalise(text: str) -> str:
    """Return words and marks with single spaces between them; line breaks stay, as words.

    Compatibility forms are folded (NFKC), case is dropped, invisible characters vanish, and
    addresses and @names become the words `url` and `user`, so that nothing is learned from them.
    """
    if not text.isascii():
        text = INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).replace("’", "'")
    text = text.lower()
    if "://" in text or "www." in text:
        text = URL.sub(" url ", text)
    if "@" in text:
        text = NAME.sub(" user ", text)
    return " ".join(TOKEN.findall(text))


def passages(normal: str) -> list[str]:
    """Cut normalised text into passages of at most 400 characters that together are all of it."""
    return PASSAGE.findall(normal)
