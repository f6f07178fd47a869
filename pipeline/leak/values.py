"""Personal data that can be proven from its value alone, found without any of our detectors.

Candidates come from plain expressions, wide ones, near the few characters that betray them; the
public rule of their kind decides. A check that shared code with the detectors would share their
mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gemsieve.pipeline.leak import rules
from gemsieve.pipeline.leak.outline import Outline, Span

ATOM = r"\w!#$%&'*+/=?^`{|}~\-"


class Value(NamedTuple):
    """A proven value: its entity, by Presidio's name, what proved it, its place in code points."""

    entity: str
    check: str
    start: int
    end: int


@dataclass(frozen=True)
class Check:
    """How one entity's values are proven.

    Attributes:
        name: The rule, as the report names it.
        gate: Finds places near every candidate, and few others: what makes the check fast.
        before, after: How far around a match of the gate a candidate may reach.
        candidate: Matches what may be a value.
        proven: From a candidate to the length of the value it begins with, 0 when there is none.
    """

    name: str
    gate: Callable[[Outline], Iterable[Span]]
    before: int
    after: int
    candidate: re.Pattern[str]
    proven: Callable[[str], int]

    def spans(self, outline: Outline) -> Iterator[Span]:
        """Yield the places of the values in a text, in order, none inside another."""
        text, position = outline.text, 0
        for first, last in self.gate(outline):
            start = max(position, first - self.before)
            end = min(len(text), last + self.after)
            while match := self.candidate.search(text, start, end):
                if match.start() >= last:  # another gate's, and perhaps cut by `end`
                    break
                length = self.proven(match[0])
                start = position = match.start() + (length or 1)
                if length:
                    yield match.start(), match.start() + length


def expression(pattern: str) -> Callable[[Outline], Iterator[Span]]:
    """Return a gate that finds an expression in the text; it should begin with one character."""
    compiled = re.compile(pattern)
    return lambda outline: (match.span() for match in compiled.finditer(outline.text))


def runs(outline: Outline) -> list[Span]:
    """Find long runs of digits with signs between them."""
    return outline.runs


def countries(outline: Outline) -> list[Span]:
    """Find how an IBAN begins."""
    return outline.countries


CHECKS: dict[str, tuple[Check, ...]] = {
    "CREDIT_CARD": (
        Check(
            "Luhn's formula and a network's range",
            runs,
            0,
            2,
            re.compile(
                r"(?<![\w.])(?<!\d[,\-])(?:\d{14,19}|\d{4}([ \-])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?"
                r"|\d{4}([ \-])\d{6}\2\d{4,5})(?!\w|[.,]\d)"
            ),
            rules.whole(rules.card),
        ),
    ),
    "EMAIL_ADDRESS": (
        Check(
            "RFC 5321 and the Public Suffix List",
            expression(r"@[\w\-]{1,63}\."),
            65,
            255,
            re.compile(rf"(?<![{ATOM}])[{ATOM}][{ATOM}.]{{0,63}}@[\w\-]+(?:\.[\w\-]+)+"),
            rules.whole(rules.mailbox),
        ),
    ),
    "IBAN_CODE": (
        Check(
            "ISO 13616: length and remainder by 97",
            countries,
            0,
            70,
            re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ \-]?[A-Z0-9]){11,31}"),
            rules.iban,
        ),
    ),
    "IP_ADDRESS": (
        Check(
            "an address of version 4 that the Internet routes",
            runs,
            0,
            2,
            # Not a program's version, a heading, a section, the beginning of a name.
            re.compile(
                r"(?<![\w.])(?<![A-Za-z\d_][\-/])(?<!ection )(?<!ersion )(?<!elease )"
                r"(?!^[\d.]+\. )\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\w)",
                re.MULTILINE,
            ),
            rules.whole(rules.address),
        ),
        Check(
            "an address of version 6 that the Internet routes",
            expression(r":[0-9A-Fa-f]{0,4}:"),
            45,
            47,
            re.compile(r"(?<![\w:.])(?=[\w.]{0,45}:)[0-9A-Fa-f:.]{2,45}(?<!\.)(?![\w:])"),
            rules.whole(rules.address),
        ),
    ),
    "PHONE_NUMBER": (
        Check(
            "an international number that its country's plan allows",
            expression(r"\+\d"),
            0,
            60,
            re.compile(r"(?<![\w+])\+\d(?:[ .()/\-]{0,3}\d){6,14}(?!\w)"),
            rules.phone,
        ),
    ),
    "US_SSN": (
        Check(
            "the ranges that the SSA gives numbers from",
            runs,
            0,
            2,
            re.compile(r"(?<![\w.\-])\d{3}([ \-])\d{2}\1\d{4}(?![\w\-]|\.\d)"),
            rules.whole(rules.ssn),
        ),
    ),
}


def values(text: str, entities: Collection[str]) -> list[Value]:
    """Return the proven values of some entities in a text."""
    outline = Outline(text)
    return [
        Value(entity, check.name, start, end)
        for entity in entities
        for check in CHECKS.get(entity, ())
        for start, end in check.spans(outline)
    ]
