"""What part a mention plays in its sentence, so that the word for another group fits there."""

from __future__ import annotations

import re

from gemsieve.filters.bias.swap_table import swap_table
from gemsieve.filters.identity_sense import COPULAS, END, says_person
from gemsieve.filters.identity_terms import lexicon

BEFORE = re.compile(r"[\w'’]+|[^\w\s'’-]")
AFTER = re.compile(r"\s{1,3}([\w'’]{1,30})")
REACH = 40  # characters read before a mention: four words or so

PUNCTUATION = re.compile(r"\s{0,2}(?:$|[.,;:!?)\"”]|['’]s\b)")


def slot(text: str, start: int, end: int, slots: frozenset[str]) -> str | None:
    """Return which of a word's slots it fills at a place, or None where none fits.

    A word that can be adjective and noun is a noun after a determiner where no noun follows ("a
    Muslim said"), and a collective after "the" ("the French said").
    """
    before = [word.lower() for word in BEFORE.findall(text, max(0, start - REACH), start)[-3:]]
    after_the = before[-1:] == ["the"]
    if "plural" in slots or (after_the and "collective" in slots and stands_alone(text, end)):
        return "collective" if after_the else next(iter(slots & {"plural"}), None)
    if {"adjective", "noun"} <= slots:
        noun = stands_alone(text, end) and is_determined(before)
        return "noun" if noun else "adjective"
    return next(iter(sorted(slots - {"collective"})), None)


def stands_alone(text: str, end: int) -> bool:
    """Say whether no noun follows that a word could be the adjective of."""
    if PUNCTUATION.match(text, end):
        return True
    if says_person(text, end, lexicon()):
        return False
    if END.match(text, end):
        return True
    beside = AFTER.match(text, end)
    word = beside[1].lower() if beside else ""
    return word in swap_table().closed or word.endswith("ed")


def is_determined(before: list[str]) -> bool:
    """Say whether a determiner opens the phrase: "a Muslim", "every young Muslim"."""
    for word in reversed(before):
        if word in swap_table().determiners:
            return True
        if word in COPULAS or not word[0].isalnum():
            return False
    return False
