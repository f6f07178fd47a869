"""Personal data that can be proven from its value alone, found without any of our detectors.

Candidates come from plain expressions, wide ones, near the few characters that betray them; the
public rule of their kind decides. A check that shared code with the detectors would share their
mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gemsieve.pipeline import leak_rules as rules

ATOM = r"\w!#$%&'*+/=?^`{|}~\-"
DIGITS = re.compile(r"\d[\d .()\-]{5,}\d")  # whatever holds a card, a US number, an IPv4 address


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
        gate: Matches near every candidate, and seldom elsewhere: what makes the check fast.
        before, after: How far around a match of the gate a candidate may reach.
        candidate: Matches what may be a value.
        proven: From a candidate to the length of the value it begins with, 0 when there is none.
    """

    name: str
    gate: re.Pattern[str]
    before: int
    after: int
    candidate: re.Pattern[str]
    proven: Callable[[str], int]

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the places of the values in a text, in order, none inside another."""
        position = 0
        for gate in self.gate.finditer(text):
            start = max(position, gate.start() - self.before)
            end = min(len(text), gate.end() + self.after)
            while match := self.candidate.search(text, start, end):
                if match.start() >= gate.end():  # another gate's, and perhaps cut by `end`
                    break
                length = self.proven(match[0])
                start = position = match.start() + (length or 1)
                if length:
                    yield match.start(), match.start() + length


CHECKS: dict[str, tuple[Check, ...]] = {
    "CREDIT_CARD": (
        Check(
            "Luhn's formula and a network's range",
            DIGITS,
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
            re.compile(r"@[\w\-]{1,63}\."),
            65,
            255,
            re.compile(rf"(?<![{ATOM}])[{ATOM}][{ATOM}.]{{0,63}}@[\w\-]+(?:\.[\w\-]+)+"),
            rules.whole(rules.mailbox),
        ),
    ),
    "IBAN_CODE": (
        Check(
            "ISO 13616: length and remainder by 97",
            re.compile(r"[A-Z]{2}\d{2}"),
            0,
            70,
            re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ \-]?[A-Z0-9]){11,31}"),
            rules.iban,
        ),
    ),
    "IP_ADDRESS": (
        Check(
            "an address of version 4 that the Internet routes",
            DIGITS,
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
            re.compile(r":[0-9A-Fa-f]{0,4}:"),
            45,
            47,
            re.compile(r"(?<![\w:.])(?=[\w.]{0,45}:)[0-9A-Fa-f:.]{2,45}(?<!\.)(?![\w:])"),
            rules.whole(rules.address),
        ),
    ),
    "PHONE_NUMBER": (
        Check(
            "an international number that its country's plan allows",
            re.compile(r"\+\d"),
            0,
            60,
            re.compile(r"(?<![\w+])\+\d(?:[ .()/\-]{0,3}\d){6,14}(?!\w)"),
            rules.phone,
        ),
    ),
    "US_SSN": (
        Check(
            "the ranges that the SSA gives numbers from",
            DIGITS,
            0,
            2,
            re.compile(r"(?<![\w.\-])\d{3}([ \-])\d{2}\1\d{4}(?![\w\-]|\.\d)"),
            rules.whole(rules.ssn),
        ),
    ),
}


def values(text: str, entities: Collection[str]) -> list[Value]:
    """Return the proven values of some entities in a text."""
    return [
        Value(entity, check.name, start, end)
        for entity in entities
        for check in CHECKS.get(entity, ())
        for start, end in check.spans(text)
    ]
