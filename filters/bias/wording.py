"""How a word that takes another's place is written: its article and its letter case."""

from __future__ import annotations

import re

ARTICLE = re.compile(r"\b(an?)([\s\u2010\u2011-])$", re.IGNORECASE)
OPENING = re.compile(r"(?:^|[.!?:\n]|[.!?][\"”’)])[\s\"“‘(*_-]*$")
REACH = 20  # characters read before a word for the start of a sentence
# Written with a vowel, spoken with a consonant.
CONSONANTS = ("ukrain", "uni", "euro")


def with_article(before: str, word: str, form: str) -> str:
    """Return the text before a word, with the "a" or "an" at its end that the word takes.

    Args:
        before: The text before.
        word: The word in the letter case it is written in.
        form: The word in the letter case of the table.
    """

    def agreed(found: re.Match[str]) -> str:
        article = "an" if sounds_vowel(form) else "a"
        if found[1] == "AN" or (found[1] == "A" and word.isupper() and not form.isupper()):
            return article.upper() + found[2]
        return (article.capitalize() if found[1][0] == "A" else article) + found[2]

    return ARTICLE.sub(agreed, before)


def sounds_vowel(form: str) -> bool:
    """Say whether a word sounds a vowel first: "an Arab", "an LGBT", but "a Ukrainian"."""
    letters = "aefhilmnorsx" if form.split(maxsplit=1)[0].isupper() else "aeiou"
    return form[0].lower() in letters and not form.lower().startswith(CONSONANTS)


def opens_sentence(text: str, start: int) -> bool:
    """Say whether a sentence begins at a place, as far as can be seen from what stands before."""
    return OPENING.search(text, max(0, start - REACH), start) is not None
