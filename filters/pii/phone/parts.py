"""Take a candidate for a phone number apart as `PhoneNumberMatcher` does, by its signs alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from types import ModuleType
from typing import NamedTuple

LEADS = ("+", "\uff0b", "(", "\uff08", "[", "\uff3b")
BRACKETS = re.compile("[()\\[\\]\uff08\uff09\uff3b\uff3d]")


class Candidate(NamedTuple):
    """What the matcher's expression found, and what matters of its neighbours.

    Attributes:
        text: The candidate.
        before: Whether the character before it forbids a number there.
        after: Whether the character behind it does.
        minutes: Whether the minutes of a time follow.
    """

    text: str
    before: bool
    after: bool
    minutes: bool

    def barred(self, start: int, part: str) -> bool:
        """Say whether what stands around a part forbids a number there."""
        end = start + len(part)
        before = forbids(self.text[start - 1]) if start else self.before
        after = forbids(self.text[end]) if end < len(self.text) else self.after
        return after or (before and not part.startswith(LEADS))


def parts(candidate: Candidate) -> Iterator[tuple[int, str]]:
    """Yield the candidate and its parts, and where they start, in the order they are tried in.

    Nothing for a date between slashes, or a date and an hour before minutes.
    """
    text, matcher = candidate.text, library()
    if text.count("/") > 1 and matcher._SLASH_SEPARATED_DATES.search(text):
        return
    if candidate.minutes and matcher._TIME_STAMPS.search(text):
        return
    yield 0, text
    for divider in dividers(text):
        match = divider.search(text)
        if match:
            yield 0, trimmed(text[: match.start()])
        while match:
            yield match.start(1), trimmed(match[1])
            match = divider.search(text, match.start() + 1)


def dividers(text: str) -> Iterator[re.Pattern[str]]:
    """Yield the expressions that may divide a candidate, in the matcher's order."""
    slash, bracket, hyphen, dash, stop, space = library()._INNER_MATCHES
    if "/" in text:
        yield slash
    if "(" in text:
        yield bracket
    if "-" in text:
        yield hyphen
    if not text.isascii():
        yield dash
    if "." in text:
        yield stop
    yield space


def trimmed(part: str) -> str:
    """Return a part without the signs at its end."""
    if part[-1:].isdecimal():
        return part
    end = library()._UNWANTED_END_CHAR_PATTERN.search(part)
    return part[: end.start()] if end else part


def confused(part: str) -> bool:
    """Say whether brackets do not match, or the part looks like the pages of a publication."""
    if not BRACKETS.search(part):
        return False
    matcher = library()
    if not matcher._MATCHING_BRACKETS.fullmatch(part):
        return True
    return "-" in part and matcher._PUB_PAGES.search(part) is not None


@lru_cache(maxsize=1 << 10)
def forbids(beside: str) -> bool:
    """Say whether a character, or the end of a text, forbids a number beside it.

    Letters of the Latin script and their accents, the per cent sign and currency signs do.
    """
    matcher = library().PhoneNumberMatcher
    return bool(beside) and bool(
        matcher._is_latin_letter(beside) or matcher._is_invalid_punctuation_symbol(beside)
    )


@cache
def library() -> ModuleType:
    """Return the matcher's module: its expressions are used as they are."""
    from phonenumbers import phonenumbermatcher

    return phonenumbermatcher
