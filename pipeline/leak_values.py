"""Personal data that can be proven from its value alone, found without any of our detectors.

Candidates come from plain expressions, wide ones, near the few characters that betray them; the
public rule of their kind decides. A check that shared code with the detectors would share their
mistakes.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gemsieve.filters.pii import validity

ATOM = r"\w!#$%&'*+/=?^`{|}~\-"
DIGITS = re.compile(r"\d[\d .()\-]{5,}\d")  # whatever holds a card, a US number, an IPv4 address

# What a card's number begins with says how long it is: the networks' published ranges within
# ISO/IEC 7812-1.
NETWORKS = {
    re.compile("4|62"): (16, 19),
    re.compile("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|6011|64[4-9]|65|352[89]|35[3-8]"): (16,),
    re.compile("3[47]"): (15,),
    re.compile("30[0-5]|3095|3[689]"): (14,),
}


# All of version 6 that is given out (RFC 4291, 2.4; IANA): `a::b` is an address, and no one's.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


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


def whole(rule: Callable[[str], bool]) -> Callable[[str], int]:
    """Return the proof of candidates that are values or are not, by a rule."""
    return lambda text: len(text) if rule(text) else 0


def filler(text: str) -> bool:
    """Say whether all digits are one, as where a form shows what to write."""
    return len({sign for sign in text if sign.isdecimal()}) < 2


def card(text: str) -> bool:
    """Say whether it is a card's number: digits that Luhn's formula and a network's range allow."""
    digits = validity.compact(text)
    return (
        validity.card(digits)
        and not filler(digits)
        and any(
            prefix.match(digits) and len(digits) in lengths for prefix, lengths in NETWORKS.items()
        )
    )


def mailbox(text: str) -> bool:
    """Say whether it is an e-mail address, and not one whose name is crossed out: `####@`."""
    return validity.email(text) and any(sign.isalnum() for sign in text.partition("@")[0])


def iban(text: str) -> int:
    """Return the length of the IBAN that a text begins with, of its country's many characters."""
    left = validity.IBAN_LENGTHS.get(text[:2], 0)
    for end, character in enumerate(text, 1):
        left -= character.isalnum()
        if left == 0:
            value = text[:end]
            proves = validity.iban(value) and not filler(value)
            return end if proves and not text[end : end + 1].isalnum() else 0
    return 0


def address(text: str) -> bool:
    """Say whether it is an IP address that the Internet routes to, and can be nothing else.

    Four numbers up to 31 may as well be a version; one group before `::` is a network or code.
    """
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    if found.version == 6:
        proves = found in GLOBAL_UNICAST and len(re.findall("[0-9A-Fa-f]+", text)) > 1
    else:
        proves = max(found.packed) > 31
    return proves and found.is_global and not found.is_multicast


def phone(text: str) -> int:
    """Return the length of the telephone number that a text begins with; groups may follow it."""
    end = len(text)
    while end > 0:
        if validity.phone(text[:end], regions=()):
            return end
        end = max(text.rfind(sign, 0, end) for sign in " .-/(")
    return 0


CHECKS: dict[str, tuple[Check, ...]] = {
    "CREDIT_CARD": (
        Check(
            "Luhn's formula and a network's range",
            DIGITS,
            0,
            1,
            re.compile(
                r"(?<![\w.])(?<!\d[,\-])(?:\d{14,19}|\d{4}([ \-])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?"
                r"|\d{4}([ \-])\d{6}\2\d{4,5})(?!\w|[.,]\d)"
            ),
            whole(card),
        ),
    ),
    "EMAIL_ADDRESS": (
        Check(
            "RFC 5321 and the Public Suffix List",
            re.compile(r"@[\w\-]{1,63}\."),
            65,
            255,
            re.compile(rf"(?<![{ATOM}])[{ATOM}][{ATOM}.]{{0,63}}@[\w\-]+(?:\.[\w\-]+)+"),
            whole(mailbox),
        ),
    ),
    "IBAN_CODE": (
        Check(
            "ISO 13616: length and remainder by 97",
            re.compile(r"[A-Z]{2}\d{2}"),
            0,
            70,
            re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ \-]?[A-Z0-9]){11,31}"),
            iban,
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
            whole(address),
        ),
        Check(
            "an address of version 6 that the Internet routes",
            re.compile(r":[0-9A-Fa-f]{0,4}:"),
            45,
            47,
            re.compile(r"(?<![\w:.])(?=[\w.]{0,45}:)[0-9A-Fa-f:.]{2,45}(?<!\.)(?![\w:])"),
            whole(address),
        ),
    ),
    "PHONE_NUMBER": (
        Check(
            "an international number that its country's plan allows",
            re.compile(r"\+\d"),
            0,
            60,
            re.compile(r"(?<![\w+])\+\d(?:[ .()/\-]{0,3}\d){6,14}(?!\w)"),
            phone,
        ),
    ),
    "US_SSN": (
        Check(
            "the ranges that the SSA gives numbers from",
            DIGITS,
            0,
            2,
            re.compile(r"(?<![\w.\-])\d{3}([ \-])\d{2}\1\d{4}(?![\w\-]|\.\d)"),
            whole(lambda text: validity.ssn(text) and not filler(text)),
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
