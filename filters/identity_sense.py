"""Whether a word that can name a group of people does so here, judged by its neighbours.

Only a few words on either side are read, so the cost of a mention does not grow with the text.
"""

from __future__ import annotations

import re

from gemsieve.filters.identity_terms import DEMONYM, WEAK, Lexicon, Term

NEXT = re.compile(r"[\s-]{1,3}(\w{1,30})")
SKIP = re.compile(r"[\s,/&-]{1,3}(\w{1,30})")
BEFORE = re.compile(r"\w+|[^\w\s'’-]")
NON = re.compile(r"\bnon[\s\u2010\u2011-]", re.IGNORECASE)
END = re.compile(r"\s{0,2}(?:$|[.,;:!?)\"”’])|\s{1,2}(?:and|or|but|so|because|since|too|who)\b")
REACH = 40  # characters read before a mention: four words or so

FILLERS = 4  # words skipped, at most, between a term and the person it is said of
JOINERS = frozenset({"and", "or"})
SUBJECTS = frozenset({"i", "he", "she", "we", "they", "you", "who", "people", "them"})
COPULAS = frozenset(
    {"am", "is", "are", "was", "were", "be", "being", "been", "m", "re", "s", "born", "went"}
)
ADVERBS = frozenset({"also", "both", "all", "openly", "proudly", "legally", "completely", "not"})
ASKED = frozenset({"i", "he", "she", "you"})
DECLARED = frozenset({"identify", "identifies", "identified", "identifying", "out"})
COLLECTIVE_VERBS = frozenset({"are", "were", "have", "had", "can", "cannot", "do", "who"})


def weigh(text: str, start: int, end: int, term: Term, lexicon: Lexicon) -> float:
    """Return how surely a term at a place is said of persons: 1.0, `WEAK`, or 0 for not at all."""
    kind = term.kind
    if kind.capital and not text[start].isupper():
        return 0.0
    beside = NEXT.match(text, end)
    after = beside[1] if beside else ""
    if after.lower() in lexicon.things or NON.match(text, max(0, start - 4), start):
        return 0.0
    if kind.alone == 1.0 or says_person(text, end, lexicon):
        return 1.0
    before = [word.lower() for word in BEFORE.findall(text, max(0, start - REACH), start)[-3:]]
    previous = before[-1] if before else ""
    if kind is DEMONYM:
        return 0.0 if after[:1].isupper() or previous in lexicon.tongue else WEAK
    closed = END.match(text, end) is not None
    said = kind.predicate and closed and is_said_of_person(before, lexicon)
    named = kind.collective and previous == "the" and (closed or after in COLLECTIVE_VERBS)
    return WEAK if said or named else kind.alone


def says_person(text: str, end: int, lexicon: Lexicon) -> bool:
    """Say whether a person word follows, fillers between: "black and Asian women"."""
    skipped = ""
    for _ in range(FILLERS + 1):
        beside = SKIP.match(text, end)
        if not beside:
            return False
        word = beside[1].lower()
        # "black and women" says nothing of the women; "black and Latino women" does.
        if word in lexicon.people and skipped not in JOINERS:
            return True
        if word not in lexicon.fillers and word not in lexicon.people:
            return False
        skipped, end = word, beside.end()
    return False


def is_said_of_person(before: list[str], lexicon: Lexicon) -> bool:
    """Say whether the words before make a term a predicate of a person.

    "She is legally blind", "my brother was born deaf", "are you gay", "identifies as queer".
    """
    words = before[:-1] if before and before[-1] in ADVERBS else list(before)
    if words[-1:] == ["as"]:
        return words[-2:-1] != [] and words[-2] in DECLARED
    if words and words[-1] in ASKED:
        return words[-2:-1] != [] and words[-2] in COPULAS
    found = len(words)
    while words and words[-1] in COPULAS:
        words.pop()
    if not words or len(words) == found:
        return False
    return words[-1] in SUBJECTS or words[-1] in lexicon.people
