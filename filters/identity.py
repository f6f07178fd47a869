"""Mentions of groups of people, by gender, religion, race, nationality, orientation and more.

A mention is no harm: the policy keeps it. It is found so that every report can say whom a filter
removes. The terms are English; `identity_terms.toml` holds them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from threading import Lock
from typing import TYPE_CHECKING

from gemsieve.filters.detector import Labels
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.identity_sense import weigh
from gemsieve.filters.identity_terms import Term, lexicon

if TYPE_CHECKING:
    import hyperscan

# What one space of a term may be in a text: any one white space or hyphen, also those outside
# Latin-1, which the scanner sees as "?".
GAP = rb"[\s\x85\xa0\xad?-]"
GAPS = re.compile(r"[\s\u2010\u2011\xad-]")

# A database scans one text at a time, and the library lets other threads in while it does.
SCANNING = Lock()


@dataclass(frozen=True)
class IdentityDetector:
    """Finds `identity.AXIS.GROUP` with the span of the term; only whole words count.

    A score of 1.0 says that the term names persons, by itself or by the person word beside it;
    0.7 that its context says so less surely.
    """

    name = "identity"
    version = "2"
    needs = ()

    @cached_property
    def labels(self) -> Labels:
        """Every group of the table, as events."""
        return Labels(events=lexicon().labels)

    @cached_property
    def weights(self) -> str:
        """The digest of the term table."""
        return lexicon().sha256

    def setup(self) -> None:
        """Compile the terms into one automaton."""
        scanner()

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the mentions in each text, by place."""
        return [mentions(text) for text in batch.texts]


@cache
def scanner() -> hyperscan.Database:
    """Compile every term; the expression with number i is the term at i."""
    import hyperscan

    found = lexicon().terms
    database = hyperscan.Database()
    database.compile(
        expressions=[expression(term) for term in found],
        ids=list(range(len(found))),
        elements=len(found),
        flags=hyperscan.HS_FLAG_CASELESS,
    )
    return database


def expression(term: Term) -> bytes:
    """Return what the scanner looks for, in longer words too.

    Asking it for word borders makes it compile four times as long (4 s) and is no faster overall.
    """
    return GAP.join(map(re.escape, project(term.words).split(b" ")))


def project(text: str) -> bytes:
    """Return one byte for each code point, so that offsets are those of the text."""
    return text.encode("latin-1", "replace")


def mentions(text: str) -> list[Finding]:
    """Return the mentions in one text, by place."""
    words = lexicon()
    findings = []
    for start, end, term in outermost(text):
        score = weigh(text, start, end, term, words) if term.label else 0.0
        if term.label and score:
            findings.append(Finding(term.label, score, (start, end)))
    return findings


def outermost(text: str) -> list[tuple[int, int, Term]]:
    """Return the terms in a text by place, without those that a longer one overrides."""
    found: list[tuple[int, int, Term]] = []
    reached, longest = 0, None
    for start, end, term in sorted(located(text), key=lambda m: (m[0], -m[1])):
        if end > reached:
            reached, longest = end, term
        elif longest and longest.overrides(term):
            continue
        found.append((start, end, term))
    return found


def located(text: str) -> list[tuple[int, int, Term]]:
    """Return every place where a term stands as whole words."""
    hits: list[tuple[int, int]] = []

    def hit(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        hits.append((number, end))

    with SCANNING:
        scanner().scan(project(text), match_event_handler=hit)
    terms = lexicon().terms
    places = ((end - len(terms[number].words), end, terms[number]) for number, end in hits)
    return [place for place in places if stands(text, *place)]


def stands(text: str, start: int, end: int, term: Term) -> bool:
    """Say whether a term stands at a place as whole words, by Unicode's letters and marks."""
    if (start and inside_word(text[start - 1])) or (end < len(text) and inside_word(text[end])):
        return False
    return GAPS.sub(" ", text[start:end].lower()) == term.words


def inside_word(character: str) -> bool:
    """Say whether a character beside a term makes it part of a longer word."""
    return (
        character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")
    )
