"""Features of dialects in writing: African-American English, by published lists.

They are features of texts, not of authors: many are shared with other varieties, and no one feature
makes a text African-American English. They are counted so that a filter can be asked whose way of
writing it removes (Sap et al. 2019, ACL; Davidson et al. 2019, arXiv 1905.12516); the policy keeps
them. `dialect_features.toml` holds them, each with its source; docs/swaps.md says how often each
is found in edited prose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from threading import Lock
from typing import TYPE_CHECKING

from gemsieve.filters.detector import Labels
from gemsieve.filters.dialect_table import Feature, feature_table
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.identity import project

if TYPE_CHECKING:
    import hyperscan

LONGEST = 90  # characters; every match is shorter
REACH = 34  # characters read before a match for the word before it
BEFORE = re.compile(r"([\w'’‘ʼ]{1,30})\s{1,3}$")
APOSTROPHES = re.compile("['’‘ʼ]")

# A database scans one text at a time, and the library lets other threads in while it does.
SCANNING = Lock()


@dataclass(frozen=True)
class DialectDetector:
    """Finds `dialect.aae.FEATURE` with its span.

    The score says how distinctive a feature is: 1.0 where it is described for African-American
    English, 0.5 where other vernaculars have it too.
    """

    name = "dialect"
    version = "1"
    needs = ()

    @cached_property
    def labels(self) -> Labels:
        """Every feature of the table, as events."""
        return Labels(events=frozenset(feature.label for feature in feature_table().features))

    @cached_property
    def weights(self) -> str:
        """The digest of the table."""
        return feature_table().sha256

    def setup(self) -> None:
        """Compile the features into one automaton."""
        scanner()

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the features in each text, by place."""
        return [features(text) for text in batch.texts]


@cache
def scanner() -> hyperscan.Database:
    """Compile every feature; the expression with number i says where feature i may end."""
    import hyperscan

    found = feature_table().features
    database = hyperscan.Database()
    database.compile(
        expressions=[feature.gate.encode("latin-1") for feature in found],
        ids=list(range(len(found))),
        elements=len(found),
        flags=hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_PREFILTER,
    )
    return database


def features(text: str) -> list[Finding]:
    """Return the features in one text, by place."""
    found: dict[tuple[int, int, str], float] = {}
    reached: dict[int, int] = {}
    for number, end in candidates(text):
        if end > reached.get(number, 0):
            feature = feature_table().features[number]
            start = max(reached.get(number, 0), end - LONGEST)
            reached[number] = end
            for place in confirmed(text, feature, start, end):
                found[*place, feature.label] = feature.score
                reached[number] = max(reached[number], place[1])
    return [Finding(label, score, (a, b)) for (a, b, label), score in sorted(found.items())]


def candidates(text: str) -> list[tuple[int, int]]:
    """Return feature numbers and the places where they may end, in order of place."""
    hits: list[tuple[int, int]] = []

    def hit(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        hits.append((end, number))

    with SCANNING:
        scanner().scan(project(text), match_event_handler=hit)
    return [(number, end) for end, number in sorted(hits)]


def confirmed(text: str, feature: Feature, start: int, end: int) -> list[tuple[int, int]]:
    """Return where a feature stands, of what begins between two places."""
    places = []
    for match in feature.pattern.finditer(text, start, end + LONGEST):
        if match.start() >= end:
            break
        before = BEFORE.search(text, max(0, match.start() - REACH), match.start())
        if not (before and APOSTROPHES.sub("", before[1].lower()) in feature.after):
            places.append(match.span())
    return places
