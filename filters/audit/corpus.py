"""Pairs from a corpus: a sample of its own sentences, each about another group than it was."""

from __future__ import annotations

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gemsieve.filters.audit.counts import Swaps
from gemsieve.filters.audit.pairs import Pair
from gemsieve.filters.audit.sentence import sentence
from gemsieve.filters.bias.gender import gender_swap
from gemsieve.filters.bias.swap import Swap, swaps
from gemsieve.filters.identity import mentions

FAMILY = "identity."
SEXES = {
    "identity.gender.women": "identity.gender.men",
    "identity.gender.men": "identity.gender.women",
}


@dataclass(frozen=True, order=True)
class Mention:
    """Where a record mentions a group."""

    start: int
    end: int
    label: str
    record: str

    @property
    def axis(self) -> str:
        """What kind of group it is: `religion`."""
        return axis_of(self.label)


def axis_of(label: str) -> str:
    """Return the axis of an identity label: `religion` of `identity.religion.muslim`."""
    return label.split(".")[1]


def hashed(*words: str) -> int:
    """Return a number that some words decide, spread evenly over 0 .. 2^64 - 1."""
    digest = hashlib.blake2b("\0".join(words).encode("utf-8", "replace"), digest_size=8)
    return int.from_bytes(digest.digest())


def chosen(found: Iterable[Mention], quota: int) -> list[Mention]:
    """Return of each axis the mentions whose hashes are the smallest: the same for any order."""
    heaps: defaultdict[str, list[tuple[int, Mention]]] = defaultdict(list)
    for mention in found:
        entry = -hashed(mention.record, str(mention.start)), mention
        heap = heaps[mention.axis]
        if len(heap) < quota:
            heapq.heappush(heap, entry)
        elif heap and entry > heap[0]:
            heapq.heapreplace(heap, entry)
    return sorted(mention for heap in heaps.values() for _, mention in heap)


def pairs_of(
    text: str, sample: Sequence[Mention], columns: Mapping[str, str | None], left: Swaps
) -> list[Pair]:
    """Return a pair for each sentence of a record that holds chosen mentions; one an axis.

    One swap a sentence, drawn by hash: trials are then different sentences, as the intervals
    suppose. Mentions that cannot be swapped are counted in `left`.
    """
    found: list[Pair] = []
    seen: set[tuple[int, str]] = set()
    for mention in sorted(sample):
        start, end = sentence(text, mention.start, mention.end)
        if (start, mention.axis) in seen:
            continue
        seen.add((start, mention.axis))
        swap = drawn(text[start:end], mention)
        if swap is None:
            left.unswapped[mention.label,] += 1
            continue
        place = (mention.record, mention.start)
        found.append(Pair(text[start:end], swap.text, swap.source, swap.target, place, columns))
    return found


def drawn(text: str, mention: Mention) -> Swap | None:
    """Return one of a sentence's swaps of the group mentioned, or None where there are none."""
    if mention.label in SEXES:
        return other_sex(text, mention.label)
    able = [swap for swap in swaps(text) if swap.source == mention.label]
    return min(
        able, key=lambda s: hashed(mention.record, str(mention.start), s.target), default=None
    )


def other_sex(text: str, source: str) -> Swap | None:
    """Return a sentence about women as one about men, or the other way, pronouns and all.

    None where it speaks of both, for the two would change places, or where it cannot be done.
    """
    target = SEXES[source]
    draft = gender_swap(text, names="swap")
    if draft.reason or not draft.edits or target in groups(text):
        return None
    return (
        Swap(draft.text, source, target, draft.edits[0].span)
        if target in groups(draft.text)
        else None
    )


def groups(text: str) -> set[str]:
    """Return the groups that a sentence mentions."""
    return {finding.label for finding in mentions(text)}
