"""Write over findings, and find the way back from the new text to the old."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from gemsieve.filters.finding import Finding, Span
from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.operator import Edit
from gemsieve.filters.operators.plain import REDACT


@dataclass(frozen=True, slots=True)
class Cut:
    """One stretch of the original that was replaced, and where its replacement stands."""

    original: Span
    replaced: Span


@dataclass(frozen=True)
class Redaction:
    """A redacted text and its cuts, in order."""

    text: str
    cuts: tuple[Cut, ...]

    def cut(self, span: Span) -> Cut | None:
        """Return the cut whose replacement holds all of a span of the redacted text, or None."""
        start, end = span
        at = bisect_right(self._starts, start) - 1
        if at >= 0 and end <= self.cuts[at].replaced[1]:
            return self.cuts[at]
        return None

    def locate(self, span: Span) -> Span | None:
        """Return where a span of the redacted text lies in the original.

        A span that reaches into a replacement takes the whole of what it replaced; a span inside
        one is nothing new: None.
        """
        if self.cut(span) is not None:
            return None
        return self._edge(span[0], left=True), self._edge(span[1], left=False)

    @cached_property
    def _starts(self) -> list[int]:
        return [cut.replaced[0] for cut in self.cuts]

    def _edge(self, offset: int, *, left: bool) -> int:
        # The last cut that begins before the offset, or at it when that is a left edge.
        at = bisect_right(self._starts, offset if left else offset - 1) - 1
        if at < 0:
            return offset
        cut = self.cuts[at]
        if offset < cut.replaced[1]:
            return cut.original[0] if left else cut.original[1]
        return offset + cut.original[1] - cut.replaced[1]


def merge(edits: Iterable[Edit]) -> list[Edit]:
    """Return disjoint edits in order; of overlapping ones the first and longest stays.

    It gives its label and, over what lies within it, its operator; of edits with one span the
    operator that reveals least. Where they overlap in part, and so are one value of neither, it
    is the one of the two that reveals less. What shows some of a value is only for a value that
    stands alone: else there is a placeholder.
    """
    merged: list[Edit] = []
    for edit in sorted(edits, key=precedence):
        if merged and edit.span[0] < merged[-1].span[1]:
            merged[-1] = joined(merged[-1], edit)
        else:
            merged.append(edit)
    return merged


def precedence(edit: Edit) -> tuple[int, int, tuple[int, int, str], str]:
    """Return what sorts edits: place, longer before shorter, revealing less before more."""
    start, end = edit.span
    return start, -end, edit.operator.order, edit.finding.label


def joined(first: Edit, other: Edit) -> Edit:
    """Return the edit that takes the place of two that overlap."""
    span = first.span[0], max(first.span[1], other.span[1])
    operator = first.operator
    if span != first.span:
        operator = min(operator, other.operator, key=lambda one: one.order)
    if operator.shows and (first.span != other.span or operator != other.operator):
        operator = REDACT
    return Edit(replace(first.finding, span=span), operator)


def rewrite(text: str, edits: Iterable[Edit], key: Key | None = None) -> Redaction:
    """Carry out edits and change nothing else; `key` is for operators that need one.

    Raises:
        ValueError: A span is empty or leaves the text, or an operator's key is missing.
    """
    pieces: list[str] = []
    cuts: list[Cut] = []
    read = written = 0
    for edit in merge(edits):
        start, end = edit.span
        if not 0 <= start < end <= len(text):
            label = edit.finding.label
            raise ValueError(f"{label}: span {start}..{end} in a text of {len(text)} characters")
        mark = edit.written(text, key)
        pieces += [text[read:start], mark]
        written += start - read
        cuts.append(Cut((start, end), (written, written + len(mark))))
        written += len(mark)
        read = end
    pieces.append(text[read:])
    return Redaction("".join(pieces), tuple(cuts))


def redact(text: str, findings: Sequence[Finding]) -> Redaction:
    """Replace the spans of findings by placeholders and change nothing else.

    Raises:
        ValueError: A span is empty or leaves the text.
    """
    return rewrite(text, [Edit(finding, REDACT) for finding in findings if finding.span])
