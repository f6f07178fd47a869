"""What the model reads of a text, and what of its answer counts.

Four things set our findings apart from those of the same model over the text as it is:

- A text longer than the model reads at once is read in pieces that overlap.
- In a longer run without white space, a space is read for every 500th character: spaCy's tokenizer
  takes one mark at a time off a word and copies the rest, 40 s for 20,000 brackets.
- Lone surrogates, which cannot be encoded, are read as U+FFFD.
- Our own placeholders, such as `<PERSON>`, are never part of a finding.

What is read has the length of the text, so places in it are places in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from gemsieve.filters.finding import Finding, Span

LONG_RUN = re.compile(r"\S{500}(?=\S)")
SURROGATE = re.compile("[\ud800-\udfff]")
PLACEHOLDER = re.compile("<[A-Z_]+>")
OVERLAP = 1000  # characters that two pieces share at least: no name is longer
TOGETHER = 64  # pieces in a group; more make it no faster
REST = 2  # letters or digits without which what a placeholder leaves of a finding names nobody


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what is read: the text's index in its batch, and where in it the part begins."""

    index: int
    start: int
    text: str

    def span(self, start: int, end: int) -> Span:
        """Return a place in the piece as a place in the text."""
        return self.start + start, self.start + end


def readable(text: str) -> str:
    """Return what is read of a text: as long as it, of bounded runs, without lone surrogates."""
    return LONG_RUN.sub(lambda run: run.group()[:-1] + " ", SURROGATE.sub("\ufffd", text))


def pieces(index: int, text: str, longest: int) -> Iterator[Piece]:
    """Cut a readable text at white space into overlapping pieces of at most so many characters."""
    start = 0
    while len(text) - start > longest:
        end = border(text, start + longest)
        yield Piece(index, start, text[start:end])
        start = border(text, end - OVERLAP)
    yield Piece(index, start, text[start:])


def border(text: str, limit: int) -> int:
    """Return the last place up to a limit that comes after white space."""
    return next(place for place in range(limit, 0, -1) if text[place - 1].isspace())


def together(read: Iterable[Piece], most: int) -> Iterator[list[Piece]]:
    """Yield groups of at most so many characters, so that memory does not depend on the batch."""
    group: list[Piece] = []
    size = 0
    for piece in read:
        if group and (size + len(piece.text) > most or len(group) == TOGETHER):
            yield group
            group, size = [], 0
        group.append(piece)
        size += len(piece.text)
    if group:
        yield group


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order of the text, as Presidio merges those of several recognizers.

    One inside another of its label with no lower score is left out: two pieces may see different
    parts of a name.
    """
    from presidio_analyzer import EntityRecognizer, RecognizerResult

    results = [RecognizerResult(f.label, *f.span, f.score) for f in findings if f.span]
    left = EntityRecognizer.remove_duplicates(results)
    return sorted(
        (Finding(r.entity_type, r.score, (r.start, r.end)) for r in left),
        key=lambda f: (f.span or (0, 0), f.label),
    )


def unmarked(text: str, findings: Sequence[Finding]) -> list[Finding]:
    """Return findings without what of them lies in placeholders."""
    marks = [mark.span() for mark in PLACEHOLDER.finditer(text)]
    if not marks:
        return [*findings]
    ends = [end for _, end in marks]
    return [
        replace(finding, span=part)
        for finding in findings
        if finding.span
        for part in outside(finding.span, marks, bisect_right(ends, finding.span[0]))
        if part == finding.span or sum(map(str.isalnum, text[slice(*part)])) >= REST
    ]


def outside(span: Span, marks: Sequence[Span], first: int) -> Iterator[Span]:
    """Yield the parts of a span outside marks, of which those before `first` end before it."""
    start, end = span
    for low, high in (marks[i] for i in range(first, len(marks))):
        if low >= end:
            break
        if start < low:
            yield start, low
        start = high
    if start < end:
        yield start, end
