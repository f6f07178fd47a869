"""Long lists of words in an expression, sorted by their first letter: tried in tens, not thousands.

`regex` tries the alternatives of `(?:(?:com)|(?:edu)|...)` one after another. Behind a lookahead
for the first letter, only words that begin with it are tried, in the same order: the first that
matched still does. Words with other first letters could not have matched at that place.
"""

from __future__ import annotations

import re

# So many words at least make it worth while.
MANY = 20
WORD = r"[a-z0-9][a-z0-9-]*"
LIST = re.compile(rf"\(\?:(?:\(\?:{WORD}\)\|){{{MANY - 1},}}\(\?:{WORD}\)\)")


def by_first_letter(expression: str) -> str:
    """Return an expression with the same matches whose long lists of words are sorted so."""
    return LIST.sub(lambda found: sort(re.findall(WORD, found[0])), expression)


def sort(words: list[str]) -> str:
    """Return alternatives of alternatives: for each first letter, its words in their order."""
    letters = dict.fromkeys(word[0] for word in words)
    groups = (
        f"(?={letter})(?:{'|'.join(word for word in words if word[0] == letter)})"
        for letter in letters
    )
    return f"(?:{'|'.join(groups)})"
