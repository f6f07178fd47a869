"""Generalisations about a group: a bare plural, or all or most of them, and what they are.

"Women are ...", "Muslim men never ...", "all teenagers can't ...". Bare plurals with a present verb
are the plainest form of the generics by which stereotypes are held and handed on (Leslie 2017, "The
Original Sin of Cognition", Journal of Philosophy 114:393; Rhodes, Leslie and Tworek 2012, PNAS
109:13526). The form alone is judged: "Women are paid less" and "Women are marching" count too, and
"the French are", "a woman is", "Germans love" and sentences in the past do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gemsieve.filters.finding import Span
from gemsieve.filters.identity_terms import lexicon

Mention = tuple[str, Span]

PLURAL = re.compile(
    r"(?:\w*(?:people|folk|men|children)|\w+ese|swiss|\w+(?<![sui])s)\Z", re.IGNORECASE
)

# At once or after an adverb. Verbs of action are left out: they tell of events as well.
VERB = re.compile(
    r"\s+(?:(?:just|really|simply|both|also|all|almost)\s+)?"
    r"(?:are|aren['’]t|can|can['’]t|cannot|will|won['’]t|should|shouldn['’]t|must|do|don['’]t"
    r"|always|never|often|usually|generally|typically|naturally|rarely|tend)\b",
    re.IGNORECASE,
)

# What may stand before the subject: the start, a mark, a word that opens a clause; then perhaps a
# quantifier.
OPENING = re.compile(
    r"(?:\A[\W\d_]*|[,;:—–(\"“]\s*|\b(?:and|but|or|so|that|because|since|why|if|as|when|where|while"
    r"|although|though|think|thinks|thought|believe|believes|say|says|said|know|knows|claim|claims"
    r"|mean|means|feel|feels)\s+)(?:(?:all|most)\s+)?\Z",
    re.IGNORECASE,
)
REACH = 40  # characters read before a subject

NEXT = re.compile(r"\s+(\w{1,30})")
LINK = re.compile(r"[\s-]+(?:(?:and|or)\s+)?|,\s+")
FILLER = re.compile(r"\b(\w{1,30})\s+\Z")


def generalised(text: str, mentions: Sequence[Mention]) -> frozenset[str]:
    """Return the groups that one sentence generalises about, given its mentions by place."""
    found: set[str] = set()
    for i, (_, span) in enumerate(mentions):
        if any(VERB.match(text, end) for end in heads(text, span)):
            first = leading(text, mentions, i)
            if opens(text, mentions[first][1][0]):
                found |= {label for label, _ in mentions[first : i + 1]}
    return frozenset(found)


def heads(text: str, span: Span) -> Iterator[int]:
    """Yield where a mention's plural noun may end: with it, or with a person word after it."""
    start, end = span
    if any(PLURAL.match(word) for word in text[start:end].split()):
        yield end
    fillers, people = lexicon().fillers, lexicon().people
    for _ in range(2):
        beside = NEXT.match(text, end)
        if not beside:
            return
        word, end = beside[1].lower(), beside.end()
        if word in people and PLURAL.match(word):
            yield end
        if word not in fillers:
            return


def leading(text: str, mentions: Sequence[Mention], i: int) -> int:
    """Return the first mention of the subject that ends with one: `black` of "black women"."""
    while i and LINK.fullmatch(text, mentions[i - 1][1][1], mentions[i][1][0]):
        i -= 1
    return i


def opens(text: str, start: int) -> bool:
    """Say whether a subject opens its clause, after one filler word at most: "young"."""
    filler = FILLER.search(text, max(0, start - REACH), start)
    if filler and filler[1].lower() in lexicon().fillers - {"and", "or"}:
        start = filler.start()
    return OPENING.search(text, max(0, start - REACH), start) is not None
