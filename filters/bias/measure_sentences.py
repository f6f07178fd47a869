"""A text as sentences, each with whom it mentions and which words of the lists stand in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from gemsieve.filters.bias.measure_generics import generalised
from gemsieve.filters.bias.measure_words import Word, lists
from gemsieve.filters.finding import Span
from gemsieve.filters.identity import mentions

# An end of a sentence: marks and white space, what follows not in lower case; or an empty line.
# Lines are wrapped in much plain text, so one line break ends nothing. Possessive repeats and the
# look behind keep the search linear on runs of marks.
END = re.compile(r"(?<![.!?])[.!?]++[\"'”’)\]]*+\s++(?![a-z])|\n[ \t]*+\n\s*+")
ABBREVIATION = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|Gen|Col|Capt|Lt|Sgt|Rev|Hon|Gov|Sen|No|vs|cf|e\.g|i\.e|[A-Z])\Z"
)
REACH = 8  # characters before a mark that an abbreviation may take

# What no mark ends, such as a list, is cut: as long as the passages that toxicity is judged by.
LONGEST = 400
PIECE = re.compile(rf"\S.{{0,{LONGEST - 1}}}(?!\S)|\S\S{{0,{LONGEST - 1}}}", re.DOTALL)
TOKEN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a text.

    Attributes:
        tokens: How many words it has.
        groups: Identity mentions: label and span within the sentence, by place.
        words: What the lists know in it, in order.
        generic: The groups that it generalises about.
    """

    text: str
    tokens: int
    groups: tuple[tuple[str, Span], ...]
    words: tuple[Word, ...]
    generic: frozenset[str]


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences of a text that hold a word."""
    spans = [span for span in pieces(text) if TOKEN.search(text, *span)]
    starts = [start for start, _ in spans]
    found: dict[int, list[tuple[str, Span]]] = {}
    for mention in mentions(text):
        start, end = mention.span or (0, 0)
        place = bisect_right(starts, start) - 1
        first, last = spans[place]
        found.setdefault(place, []).append((mention.label, (start - first, min(end, last) - first)))
    for place, (start, end) in enumerate(spans):
        yield sentence(text[start:end], tuple(found.get(place, ())))


def sentence(text: str, groups: tuple[tuple[str, Span], ...]) -> Sentence:
    """Look up the words of one sentence."""
    known = lists().words
    tokens = TOKEN.findall(text.lower())
    words = tuple(known[token] for token in tokens if token in known)
    generic = generalised(text, groups) if groups else frozenset[str]()
    return Sentence(text, len(tokens), groups, words, generic)


def pieces(text: str) -> Iterator[Span]:
    """Yield the spans of sentences, none above `LONGEST` characters."""
    start = 0
    for end in END.finditer(text):
        before = max(start, end.start() - REACH)
        if text[end.start()] == "." and ABBREVIATION.search(text, before, end.start()):
            continue
        yield from cut(text, start, end.end())
        start = end.end()
    yield from cut(text, start, len(text))


def cut(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield a span without the white space around it, in pieces where it is long."""
    if end - start <= LONGEST:
        held = text[start:end].lstrip()
        first = end - len(held)
        if held:
            yield first, first + len(held.rstrip())
        return
    for piece in PIECE.finditer(text, start, end):
        first, last = piece.span()
        yield first, first + len(text[first:last].rstrip())
