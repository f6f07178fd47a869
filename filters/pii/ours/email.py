"""E-mail addresses: all of one and nothing beside it, and those that people hide from machines."""

from __future__ import annotations

import re

from gemsieve.filters.pii.email import validator
from gemsieve.filters.pii.ours.base import ANYTHING, BEGIN, TELLING, Recognizer

# Letters of scripts that part their words, figures: "邮箱jo@example.org" begins at jo.
LETTERS = "0-9A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u012f\u0132-\u017e\u0180-\u024f"
LETTERS += "\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c9\u0410-\u044f\u0620-\u064a\u0904-\u0939"
# RFC 5322's dot-atom, without the signs that in running text, links and code stand beside an
# address more often than in one: = / ? | ` and braces. Of the others, only between letters.
ATOM = rf"{LETTERS}!#$%&'*+^~-"
LOCAL = rf"(?=[.{ATOM}]{{1,64}}@)[{LETTERS}](?:(?:[{ATOM}]|\.(?!\.))*[{LETTERS}+~-])?"
LABEL = r"[\w-]{1,63}"
# The last label is in one case ("jo@mail.example.Then she left" ends before "Then"), unless it is
# the only one behind a dot: Jo@Example.Com.
LAST = r"(?:xn--[a-z0-9-]{2,59}|[a-z]{2,24}|[A-Z]{2,24}|(?![0-9A-Za-z_])\w{2,24})"
DOMAIN = rf"(?:(?:{LABEL}\.){{1,8}}{LAST}|{LABEL}\.[A-Z][a-z]{{1,23}})"
# Not in the middle of a word, nor of what a link writes as %3C; behind an ellipsis.
START = rf"(?:(?<=%[0-9A-Fa-f]{{2}})|{BEGIN}(?<!%)(?<!%[0-9A-Fa-f])(?<![^.]\.)(?<!\w[!#$&'*^~+-]))"

OPEN, CLOSE = r" ?[\[({<] ?", r" ?[\])}>] ?"
HIDDEN_AT, HIDDEN_DOT = rf"{OPEN}(?:at|AT|@){CLOSE}", rf"(?:{OPEN}(?:dot|DOT|\.){CLOSE}|\.)"
NAME = r"[a-zA-Z0-9_+-]{1,32}"
WORD = rf"(?<![\w.+-])(?:{NAME}{HIDDEN_DOT}){{0,3}}{NAME}"
SAID = rf"(?<![\w.+-])(?:{NAME} dot ){{0,3}}{NAME}"


class Email(Recognizer):
    """Finds e-mail addresses whose domain ends in a public suffix."""

    entity = "EMAIL_ADDRESS"
    shapes = (
        (rf"{START}{LOCAL}@{DOMAIN}(?![0-9A-Za-z])", TELLING),
        (rf"{WORD}{HIDDEN_AT}(?:{NAME}{HIDDEN_DOT}){{1,4}}[a-zA-Z]{{2,24}}(?!\w)", TELLING),
        (rf"{SAID} at (?:{NAME} dot ){{1,4}}[a-zA-Z]{{2,24}}(?!\w)", ANYTHING),
    )

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say whether the domain is one that somebody may have registered."""
        written = "@" in pattern_text and not re.search(r"[\s\[({<]", pattern_text)
        address = pattern_text if written else revealed(pattern_text)
        local, _, domain = address.rpartition("@")
        if ".." in address or domain.startswith("-") or not local:
            return False
        if not validator()(domain):
            return False
        return True if written else None


def revealed(text: str) -> str:
    """Return an address whose signs were written as words: `jo [at] example (dot) org`."""
    text = re.sub(r" ?[\[({<] ?(?:at|@) ?[\])}>] ?| at ", "@", text, flags=re.IGNORECASE)
    return re.sub(r" ?[\[({<] ?(?:dot|\.) ?[\])}>] ?| dot ", ".", text, flags=re.IGNORECASE)
