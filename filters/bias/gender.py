"""Counterfactual gender augmentation: the same text with women for men, and men for women.

Zhao et al. 2018 (arXiv 1804.06876) train on a corpus beside its swapped copy; Lu et al. 2018
(arXiv 1807.11714) do so with grammar; Hall Maudslay et al. 2019 (arXiv 1909.00871) swap names too.
The words stand in `gender_terms.toml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from gemsieve.filters.bias.gender_table import gender_table
from gemsieve.filters.bias.her import is_alone, is_object
from gemsieve.filters.bias.wording import sounds_vowel, with_article
from gemsieve.filters.finding import Span
from gemsieve.filters.identity import outermost
from gemsieve.filters.identity_sense import weigh
from gemsieve.filters.identity_terms import lexicon

Names = Literal["keep", "swap", "leave"]

# Not the halves of "s/he" and "(s)he".
WORD = re.compile(r"(?<![\w)])(?<!s/)(?:ma['’]am|[^\W\d_]+)(?!\w)", re.IGNORECASE)
NAME_AFTER = re.compile(r"\.?[ \u00a0]([^\W\d_]+)")
NAME_BEFORE = re.compile(r"([^\W\d_]+)\.?[ \u00a0]$")
# Those that have one counterpart; "her" and "his" have two each.
PRONOUNS = {
    "he": "she",
    "she": "he",
    "him": "her",
    "hers": "his",
    "himself": "herself",
    "herself": "himself",
}
REACH = 32  # characters read before a word for the one before it


@dataclass(frozen=True, slots=True)
class Edit:
    """One word to be written for another."""

    span: Span
    word: str


@dataclass(frozen=True, slots=True)
class GenderSwap:
    """A text after the swap.

    Attributes:
        text: The text; the one given where nothing was swapped.
        edits: What was changed, by place in the text given; articles that follow are not counted.
        reason: Why nothing was: "biology" where the text speaks of a body that does not swap,
            "name" where it holds a first name and such texts are to be left, "nothing" where it
            holds no word to swap; else None.
    """

    text: str
    edits: tuple[Edit, ...]
    reason: Literal["biology", "name", "nothing"] | None


def swap_gender(text: str, names: Names = "keep") -> str:
    """Return the text with its genders swapped, or as it is where that cannot be done."""
    return gender_swap(text, names).text


def gender_swap(text: str, names: Names = "keep") -> GenderSwap:
    """Swap the genders of a text, and say what was changed or why nothing was.

    Args:
        text: English text.
        names: What is done about first names: "keep" them, "swap" those that the table pairs, or
            "leave" a text alone that holds one of these.
    """
    if gender_table().biology.search(text):
        return GenderSwap(text, (), "biology")
    found = [match.span() for match in WORD.finditer(text) if match[0].lower() in known()]
    named = [span for span in found if is_name(text, *span)]
    if named and names == "leave":
        return GenderSwap(text, (), "name")
    kept = {place for span in standing(text) for place in range(*span)} | {a for a, _ in named}
    written = [(s, counterpart(text, *s)) for s in found if s[0] not in kept]
    if names == "swap":
        written += [((a, b), gender_table().names[text[a:b].lower()]) for a, b in named]
    edits = [Edit((a, b), in_case(word, text[a:b])) for (a, b), word in sorted(written) if word]
    return GenderSwap(applied(text, edits), tuple(edits), None if edits else "nothing")


@cache
def known() -> frozenset[str]:
    """Return every word that may be swapped, in lower case."""
    table = gender_table()
    words = {*table.nouns, *table.titles, *table.address, *table.names, *PRONOUNS, "her", "his"}
    return frozenset(words | {word.replace("'", "’") for word in words})


def standing(text: str) -> list[Span]:
    """Return the spans whose words stay: set phrases, and "male" of what is no person."""
    words = lexicon()
    spans = [found.span() for found in gender_table().phrases.finditer(text)]
    for start, end, term in outermost(text):
        of_gender = term.label in {"identity.gender.men", "identity.gender.women"}
        if term.label is None or (of_gender and not weigh(text, start, end, term, words)):
            spans.append((start, end))
    return spans


def counterpart(text: str, start: int, end: int) -> str | None:
    """Return what is written for the word at a place, in lower case, or None if it stays."""
    table, word = gender_table(), text[start:end].lower().replace("’", "'")
    if word == "her":
        return "him" if is_object(text, start, end) else "his"
    if word == "his":
        return "hers" if is_alone(text, end) else "her"
    if word in PRONOUNS:
        return PRONOUNS[word]
    after, before = is_beside_capital(text, start, end)
    if after and word in table.titles and text[start].isupper():
        return table.titles[word]
    other = table.address.get(word) or table.nouns.get(word)
    return None if other is None or after or before else other


def is_beside_capital(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Say whether a word with a capital is followed, and preceded, by another: a name, perhaps.

    Words all in capitals show nothing of the kind.
    """
    word = text[start:end]
    if not word[0].isupper() or word.isupper():
        return False, False
    following = NAME_AFTER.match(text, end)
    after = following is not None and following[1][0].isupper()
    preceding = NAME_BEFORE.search(text, max(0, start - REACH), start)
    before = (
        preceding is not None
        and preceding[1][0].isupper()
        and preceding[1].lower() not in gender_table().openers
    )
    return after, before


def is_name(text: str, start: int, end: int) -> bool:
    """Say whether the word at a place is a first name of the table and stands as one."""
    table, word = gender_table(), text[start:end]
    if not word[0].isupper() or word.lower() not in table.names:
        return False
    return not is_beside_capital(text, start, end)[1]


def in_case(other: str, there: str) -> str:
    """Return a word in the letter case of the one it replaces."""
    if there.isupper() and len(there) > 1:
        return other.upper()
    return other[0].upper() + other[1:] if there[0].isupper() else other


def applied(text: str, edits: list[Edit]) -> str:
    """Return the text with the edits made, and articles that agree with them."""
    written, reached = [], 0
    for edit in edits:
        start, end = edit.span
        before, lower = text[reached:start], edit.word.lower()
        if sounds_vowel(lower) != sounds_vowel(text[start:end].lower()):
            before = with_article(before, edit.word, lower)
        written += [before, edit.word]
        reached = end
    return "".join([*written, text[reached:]])
