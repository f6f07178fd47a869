"""Find e-mail addresses around their @ signs: linear, where the expression alone is quadratic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from gemsieve.filters.pii.validity import suffixes

if TYPE_CHECKING:
    import regex

LOCAL = r"[!#$%&'*+\-/=?^_`{|}~\.\w]"
DOMAIN = r"[@]\w+(?:-+\w+)*(?:\.\w+(?:-+\w+)*)+"


def splits(expression: str) -> bool:
    """Say whether the recognizer's expression is still the one that `addresses` relies on."""
    return DOMAIN in expression and LOCAL.replace("[", "[", 1) in expression


def addresses(pattern: regex.Pattern[str], text: str) -> Iterator[regex.Match[str]]:
    """Yield the matches that `pattern.finditer(text)` would.

    A match holds one @ and has before it nothing but the characters of a local part. So each @
    with a domain behind it is tried once, from the start of the run before it or the end of the
    match before; the first possible start succeeds.
    """
    before, domain, after = runs()
    position, at = 0, text.find("@")
    while at >= 0:
        if domain.match(text, at) and text[at - 1 : at] not in {"", "."}:
            run = before.match(text, position, at)
            end = after.match(text, at + 1)
            if run and end:
                match = pattern.search(text, run.start(), end.end() + 1)
                if match:
                    yield match
                    position = match.end()
        at = text.find("@", at + 1)


@cache
def runs() -> tuple[regex.Pattern[str], regex.Pattern[str], regex.Pattern[str]]:
    """Return the expressions of what may stand before an @, the domain, and its characters."""
    import regex

    flags = regex.IGNORECASE
    return (
        regex.compile(rf"(?r){LOCAL}*", flags),
        regex.compile(DOMAIN, flags),
        regex.compile(r"[\w\-.]*", flags),
    )


@cache
def validator() -> Callable[[str], bool]:
    """Return the check that a domain ends in a public suffix.

    It is the recognizer's own, with an extractor that knows the list packaged with it and no
    address to fetch another from: results cannot change under a running job, and nothing is sent.
    """
    extract = suffixes()  # shared: a list takes 7 MB
    return lambda address: extract(address).fqdn != ""
