"""Which masculine pronoun a "her" stands for, and which feminine one a "his", by the next words."""

from __future__ import annotations

import re

from gemsieve.filters.bias.gender_table import gender_table

NEXT = re.compile(r"[\s_*]{1,4}([^\W\d_]{1,30})")
BESIDE = re.compile(r"\s?(?:and|or|/)\s?(his|her|hers|their|theirs|your|yours|my|mine|our|ours)\b")
STANDING = frozenset({"hers", "theirs", "yours", "mine", "ours"})
# A sign, straight after the word or after a space, that begins no noun phrase.
STOP = re.compile(
    r"[^\w\s'’*_-]|['’](?!\w)|\s+(?:$|[^\w\s\"“‘'’(\[*_$£€#@&]|-{1,2}[\s-])|$|[\s_*]*--"
)
LAST = re.compile(r"([^\W\d_]{1,30})[\s_*]{1,4}$")
REACH = 40


def is_object(text: str, start: int, end: int) -> bool:
    """Say whether the "her" at a place stands for "him" rather than "his".

    It does where no noun phrase can follow: 96 % of the pronouns of 19th century novels are told
    apart (docs/swaps.md).
    """
    end, standing = beside(text, end, {"his", "her"})
    if standing is not None:
        return standing
    following = NEXT.match(text, end)
    if STOP.match(text, end) or not following:
        return STOP.match(text, end) is not None
    return begins_no_noun(text, following, previous(text, start))


def begins_no_noun(text: str, following: re.Match[str], before: str) -> bool:
    """Say whether a word begins no noun phrase, given the word before the pronoun."""
    words, word = gender_table().her, following[1].lower()
    if word.endswith("ly") and word not in words.not_adverbs | words.closed:
        return closes(text, following.end())
    if word.endswith("ing") and before in words.perceiving and word not in words.closed:
        return closes(text, following.end())
    return (
        word in words.closed
        or (word in words.bare and before in words.causing)
        or (word in words.states and before in words.making)
    )


def is_alone(text: str, end: int) -> bool:
    """Say whether the "his" that ends at a place owns what went before: "a friend of hers"."""
    end, standing = beside(text, end, {"his"})
    if standing is not None:
        return standing
    if STOP.match(text, end):
        return True
    following = NEXT.match(text, end)
    return following is not None and following[1].lower() in gender_table().her.ends


def beside(text: str, end: int, unsure: set[str]) -> tuple[int, bool | None]:
    """Return where to read on, past "or her", and what the other pronoun says of this one.

    In "his or their house" both own the house, in "his or theirs" neither does: None for those of
    `unsure`, which say nothing.
    """
    other = BESIDE.match(text, end)
    if not other:
        return end, None
    return other.end(), None if other[1] in unsure else other[1] in STANDING


def closes(text: str, end: int) -> bool:
    """Say whether no adjective or noun stands next."""
    following = NEXT.match(text, end)
    return following is None or following[1].lower() in gender_table().her.closed


def previous(text: str, start: int) -> str:
    """Return the word before a place, or ""."""
    found = LAST.search(text, max(0, start - REACH), start)
    return found[1].lower() if found else ""
