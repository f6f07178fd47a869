"""Replace spans by placeholders, and find the way back from the new text to the old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gemsieve.filters.finding import Finding, Span


@dataclass(frozen=True, slots=True)
class Cut:
    """One stretch of the original that was replaced, and where its placeholder stands."""

    original: Span
    replaced: Span


@dataclass(frozen=True, slots=True)
class Redaction:
    """A redacted text and its cuts, in order."""

    text: str
    cuts: tuple[Cut, ...]

    def locate(self, span: Span) -> Span | None:
        """Return where a span of the redacted text lies in the original.

        A span that reaches into a placeholder takes the whole of what it replaced; a span inside
        one is nothing new: None.
        """
        start, end = span
        if any(c.replaced[0] <= start and end <= c.replaced[1] for c in self.cuts):
            return None
        return self._edge(start, left=True), self._edge(end, left=False)

    def _edge(self, offset: int, *, left: bool) -> int:
        shift = 0
        for cut in self.cuts:
            if left and cut.replaced[0] <= offset < cut.replaced[1]:
                return cut.original[0]
            if not left and cut.replaced[0] < offset <= cut.replaced[1]:
                return cut.original[1]
            if offset < cut.replaced[1]:
                break
            shift = cut.original[1] - cut.replaced[1]
        return offset + shift


def placeholder(label: str) -> str:
    """Return what stands for a redacted span, in Presidio's form: `<EMAIL_ADDRESS>`."""
    return f"<{label.rsplit('.', 1)[-1].upper()}>"


def merge(findings: Sequence[Finding]) -> list[tuple[Span, str]]:
    """Return disjoint spans in order; of overlapping ones the first and longest gives its label."""
    spans = sorted(
        ((f.span, f.label) for f in findings if f.span is not None),
        key=lambda item: (item[0][0], -item[0][1], item[1]),
    )
    merged: list[tuple[Span, str]] = []
    for span, label in spans:
        if merged and span[0] < merged[-1][0][1]:
            (start, end), first = merged[-1]
            merged[-1] = ((start, max(end, span[1])), first)
        else:
            merged.append((span, label))
    return merged


def redact(text: str, findings: Sequence[Finding]) -> Redaction:
    """Replace the spans of the findings by placeholders and change nothing else.

    Raises:
        ValueError: A span is empty or leaves the text.
    """
    pieces: list[str] = []
    cuts: list[Cut] = []
    read = written = 0
    for (start, end), label in merge(findings):
        if not 0 <= start < end <= len(text):
            raise ValueError(f"{label}: span {start}..{end} in a text of {len(text)} characters")
        mark = placeholder(label)
        pieces += [text[read:start], mark]
        written += start - read
        cuts.append(Cut((start, end), (written, written + len(mark))))
        written += len(mark)
        read = end
    pieces.append(text[read:])
    return Redaction("".join(pieces), tuple(cuts))
