"""A bounded sample of sentences for each group: those whose tickets are the smallest.

The sample depends on the seed and on the sentences' places alone, never on the order in which they
come (bottom-k sampling; Cohen and Kaplan 2007, PODC, "Summarizing data using bottom-k sketches").
Its texts live in memory until they are scored.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from gemsieve.filters.bias.measure_sentences import Sentence
from gemsieve.filters.finding import Span

CAP = 1000  # sentences a key

ANY = "any"  # the key of all sentences, whomever they mention
GENERIC = "generic:"  # what begins the key of a group's generalisations


@dataclass(frozen=True, order=True, slots=True)
class Drawn:
    """One sentence of a sample; `lot` is the ticket's negative, so that the worst stands first."""

    lot: int
    block: int
    text: str
    mentions: tuple[Span, ...]


@dataclass
class Sample:
    """The sentences drawn so far, at most `cap` a key."""

    cap: int = CAP
    drawn: dict[str, list[Drawn]] = field(default_factory=dict)

    def offer(self, sentence: Sentence, number: int, block: int) -> None:
        """Show a sentence with its ticket's number."""
        wanted = [key for key in keys(sentence) if self.wants(key, -number)]
        if wanted:
            mentions = tuple(span for _, span in sentence.groups)
            one = Drawn(-number, block, sentence.text, mentions)
            for key in wanted:
                self.keep(key, one)

    def wants(self, key: str, lot: int) -> bool:
        """Say whether a sentence of this lot may be among those of a key."""
        heap = self.drawn.get(key, [])
        return len(heap) < self.cap or lot >= heap[0].lot

    def keep(self, key: str, one: Drawn) -> None:
        """Take a sentence in if its ticket is among the smallest."""
        heap = self.drawn.setdefault(key, [])
        if len(heap) < self.cap:
            heapq.heappush(heap, one)
        else:
            heapq.heappushpop(heap, one)


def keys(sentence: Sentence) -> Iterator[str]:
    """Yield the keys that a sentence is drawn for."""
    yield ANY
    yield from {label for label, _ in sentence.groups}
    for label in sentence.generic:
        yield GENERIC + label
