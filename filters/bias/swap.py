"""The same sentence about another group: counterfactual swaps of identity mentions.

A filter that judges the two differently judges the group (Garg et al. 2019, arXiv 1809.10610).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from gemsieve.filters.bias.gender import swap_gender
from gemsieve.filters.bias.swap_slot import slot
from gemsieve.filters.bias.swap_table import normal, swap_table
from gemsieve.filters.bias.wording import opens_sentence, with_article
from gemsieve.filters.finding import Span
from gemsieve.filters.identity import mentions

WORD = re.compile(r"[\w'’]+")

# These two are swapped with their pronouns and kin, and only with each other.
GENDERS = {
    "identity.gender.men": "identity.gender.women",
    "identity.gender.women": "identity.gender.men",
}

# A mention: its place, and the slot that it fills there, if any.
Part = tuple[Span, str | None]


@dataclass(frozen=True, slots=True)
class Swap:
    """A text in which one group stands in another's place.

    Attributes:
        text: The text after the swap.
        source: The label that was mentioned: `identity.religion.muslim`.
        target: The label that is mentioned now.
        span: Where the first mention that was swapped stands in the text before.
    """

    text: str
    source: str
    target: str
    span: Span


def swaps(text: str, limit: int | None = None, seed: str = "") -> list[Swap]:
    """Return the swaps of a text: each group it mentions, into each other group of the same axis.

    All mentions of a group are swapped together. A swap is left out where a mention has no word
    that fits, where the other group is in the text already, or where the identity detector would
    not take the new words for a mention of it. Women and men are swapped as `gender` does, pronouns
    included. With a limit, a choice by a hash of text and seed.
    """
    groups = parts(text)
    pairs = [(source, target) for source in groups for target in others(source)]
    if limit is not None:
        pairs.sort(key=lambda pair: hashed(seed, text, *pair))
    made = (swapped(text, source, target, groups) for source, target in pairs)
    return list(islice((swap for swap in made if swap), limit))


def others(source: str) -> list[str]:
    """Return the groups that can stand in a group's place."""
    return [GENDERS[source]] if source in GENDERS else list(swap_table().others(source))


def hashed(*words: str) -> bytes:
    """Return a digest that orders the same on every machine."""
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).digest()


def parts(text: str) -> dict[str, list[Part]]:
    """Return, for each group mentioned that the table knows, its spans and the slots they fill."""
    table = swap_table()
    groups: dict[str, list[Part]] = {}
    for finding in mentions(text):
        if finding.span and (finding.label in table.forms or finding.label in GENDERS):
            start, end = finding.span
            slots = table.slots.get((finding.label, normal(text[start:end])), frozenset())
            part = slot(text, start, end, slots)
            groups.setdefault(finding.label, []).append((finding.span, part))
    return groups


def swapped(text: str, source: str, target: str, groups: Mapping[str, list[Part]]) -> Swap | None:
    """Return the text with one group's mentions written as another's, where that can be done."""
    if target in groups or clash(text, target):
        return None
    if source in GENDERS:
        written = swap_gender(text)
        after = {finding.label for finding in mentions(written)}
        whole = target in after and source not in after
        return Swap(written, source, target, groups[source][0][0]) if whole else None
    edits = filled(groups[source], target)
    if edits is None:
        return None
    written, starts = rewritten(text, edits)
    seen = {f.span[0] for f in mentions(written) if f.span and f.label == target}
    return Swap(written, source, target, edits[0][0]) if seen.issuperset(starts) else None


def filled(places: Sequence[Part], target: str) -> list[tuple[Span, str]] | None:
    """Return what a group writes in each place, or None where it has no word for one of them."""
    edits = []
    for span, part in places:
        form = part and swap_table().form(target, part)
        if not form:
            return None
        edits.append((span, form))
    return edits


def clash(text: str, target: str) -> bool:
    """Say whether a group cannot be spoken of beside a word of the text: no "lesbian men"."""
    words = swap_table().clashes.get(target)
    return words is not None and any(word.lower() in words for word in WORD.findall(text))


def rewritten(text: str, edits: Sequence[tuple[Span, str]]) -> tuple[str, list[int]]:
    """Return the text with each span replaced, and where the new words start."""
    written, starts, reached = "", [], 0
    for (start, end), form in edits:
        word = in_case(form, text, start, end)
        written += with_article(text[reached:start], word, form)
        starts.append(len(written))
        written += word
        reached = end
    return written + text[reached:], starts


def in_case(form: str, text: str, start: int, end: int) -> str:
    """Return a word in the letter case that its place asks for."""
    there, table = text[start:end], swap_table()
    if there.isupper() and normal(there) not in table.acronyms:
        return form.upper()
    fixed = normal(there) in table.proper and not opens_sentence(text, start)
    capital = there[0].isupper() and not fixed
    return form[0].upper() + form[1:] if capital else form
