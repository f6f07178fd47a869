"""What a corpus is counted into: sums by key, each over blocks of documents, and nothing else.

A document's block is drawn by a hash of its name, so a document falls into the same block before
and after a filter, and the blocks are random groups of documents (Wolter 2007, "Introduction to
Variance Estimation", chapter 2): leaving out one at a time tells how far every figure, and every
change, may be trusted.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gemsieve.filters.bias.measure_sentences import Sentence
from gemsieve.filters.bias.measure_words import FEMALE, MALE

BLOCKS = 100

Key = tuple[str, ...]

EVERYWHERE = ""  # all sources
DOCUMENTS: Key = ("documents",)
SENTENCES: Key = ("sentences",)
WORDS: Key = ("words",)
PEOPLE: Key = ("people",)


def zeros() -> array[int]:
    """Return a sum of nothing, by block."""
    return array("q", bytes(8 * BLOCKS))


def empty() -> defaultdict[Key, array[int]]:
    """Return no sums; one that is asked for begins at nothing."""
    return defaultdict(zeros)


@dataclass
class Counts:
    """Sums over documents, by key, by block."""

    sums: defaultdict[Key, array[int]] = field(default_factory=empty)

    def add(self, block: int, found: Mapping[Key, int]) -> None:
        """Add what one document, or one of its sentences, adds up to."""
        for key, number in found.items():
            self.sums[key][block] += number

    def total(self, key: Key) -> int:
        """Return the sum over all blocks; 0 for what was never seen."""
        return sum(self.sums[key]) if key in self.sums else 0

    def blocks(self, key: Key) -> array[int]:
        """Return the sums by block."""
        return self.sums.get(key) or zeros()


def ticket(seed: int, *parts: object) -> int:
    """Return the number of 64 bits that a name draws: the same for the same seed, everywhere."""
    name = "\x00".join(map(str, (seed, *parts))).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big")


def counted(found: Iterable[Sentence], source: str) -> Counter[Key]:
    """Return what the sentences of one document add up to.

    The keys: `documents`, `sentences`, `words`, and `tokens` of a source; `mentions` and
    `document` (1) with a group; `said` with a pronoun or gender and a source; `generic` with a
    group. Of sentences about people, those that hold a group or a gender: `people`, all of them;
    `in` with what they hold; `both` with a group or gender and a trait, pole or occupation. What
    manuals say of things is no measure for what is said of people.
    """
    sums: Counter[Key] = Counter({DOCUMENTS: 1})
    for sentence in found:
        sums[SENTENCES] += 1
        for key in (WORDS, ("tokens", source), ("tokens", EVERYWHERE)):
            sums[key] += sentence.tokens
        if sentence.groups or sentence.words:
            look(sentence, source, sums)
    for group in [key[1] for key in sums if key[0] == "mentions"]:
        sums["document", group] = 1
    return sums


def look(sentence: Sentence, source: str, sums: Counter[Key]) -> None:
    """Add up one sentence that holds something."""
    for label, _ in sentence.groups:
        sums["mentions", label] += 1
    for word in sentence.words:
        if word.name.startswith(("pronoun.", "gendered.")):
            sums["said", word.name, EVERYWHERE] += 1
            sums["said", word.name, source] += 1
    for label in sentence.generic:
        sums["generic", label] += 1
    groups = {label for label, _ in sentence.groups}
    holds = {name for word in sentence.words for name in (word.name, word.also) if name}
    sides = holds & {FEMALE, MALE}
    if not groups and not sides:
        return
    sums[PEOPLE] += 1
    for name in groups | holds:
        sums["in", name] += 1
    for name in holds:
        if name.startswith(("trait.", "pole.")):
            for group in groups | sides:
                sums["both", group, name] += 1
        elif name.startswith("occupation."):
            for side in sides:
                sums["both", side, name] += 1
