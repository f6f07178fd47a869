"""Find secrets: keys, tokens and passwords that open something."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import metadata
from typing import TYPE_CHECKING

from gemsieve.filters.detector import Labels
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.secrets.table import PREFIX, table

if TYPE_CHECKING:
    from gemsieve.filters.pii.overlap import Hit
    from gemsieve.filters.pii.scanner import Scanner

# Libraries whose next version may find otherwise.
LIBRARIES = ("presidio-analyzer", "regex")


@dataclass(frozen=True)
class SecretsDetector:
    """Find API keys, tokens, private keys and passwords by the rules of `rules.toml`.

    The span is the secret alone: the value of an assignment, the password of a URL, the whole of a
    token, a key block or a webhook's address from its host on.
    """

    name = "secrets"
    weights = ""
    needs = ()

    @property
    def version(self) -> str:
        """Our own version and those of the libraries that judge."""
        return "+".join(["1", *(f"{name}-{metadata.version(name)}" for name in LIBRARIES)])

    @cached_property
    def labels(self) -> Labels:
        """One event for each kind of secret."""
        return Labels(events=frozenset(rule.label for rule in table()))

    def setup(self) -> None:
        """Import presidio-analyzer and compile the expressions: about three seconds."""
        scanner()

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the findings of each text, in the order of the batch and of the text."""
        hits = scanner().hits
        return [
            [
                Finding(PREFIX + hit.entity.lower(), hit.score, (hit.start, hit.end))
                for hit in outermost(narrowed(text, hit) for hit in hits(text))
            ]
            for text in batch.texts
        ]


@cache
def scanner() -> Scanner:
    """Return the scanner of all rules, made once in a process."""
    from gemsieve.filters.pii.scanner import Scanner
    from gemsieve.filters.secrets.recognizers import recognizers

    return Scanner(recognizers(table()))


def narrowed(text: str, hit: Hit) -> Hit:
    """Return a hit on the secret alone, where its rule matches more than that."""
    for rule in table():
        if rule.partial and rule.entity == hit.entity:
            span = rule.span(text, hit.start, hit.end)
            if span:
                return hit._replace(start=span[0], end=span[1])
    return hit


def outermost(hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits in the order of the text, without those inside others that are as sure.

    One secret may fit several rules: a publisher's token that is assigned to `api_key`.
    """
    kept: list[Hit] = []
    open_: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start, -h.end, -h.score, h.entity)):
        open_ = [other for other in open_ if other.end > hit.start]
        if not any(hit.end <= other.end and hit.score <= other.score for other in open_):
            kept.append(hit)
            open_.append(hit)
    return kept
