"""The table of swaps: which word of one group answers to which word of another."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from gemsieve.filters.identity import GAPS

Forms = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SwapTable:
    """Forms by group, and the way back from a word to the slots it may fill.

    Attributes:
        forms: Label of a group to slot to the word that is written for it.
        slots: Label of a group and a word in lower case with single spaces, to its slots.
        clashes: Label of a group to the words beside which it makes no sense.
        proper: The words that have a capital wherever they stand, in lower case.
        acronyms: The words that are all capitals wherever they stand, in lower case.
        determiners: Words that open the phrase of a noun.
        closed: Words that follow a noun rather than an adjective.
    """

    forms: Mapping[str, Forms]
    slots: Mapping[tuple[str, str], frozenset[str]]
    clashes: Mapping[str, frozenset[str]]
    proper: frozenset[str]
    acronyms: frozenset[str]
    determiners: frozenset[str]
    closed: frozenset[str]

    def others(self, label: str) -> Iterator[str]:
        """Yield the other groups of a group's axis, in the order of the table."""
        axis = label.rsplit(".", 1)[0] + "."
        return (other for other in self.forms if other != label and other.startswith(axis))

    def form(self, label: str, slot: str) -> str | None:
        """Return a group's word for a slot: after "the", a plural where there is no collective."""
        forms = self.forms[label]
        return forms.get(slot) or (forms.get("plural") if slot == "collective" else None)


@cache
def swap_table() -> SwapTable:
    """Read the table that ships with the package, once in a process."""
    data = (resources.files("gemsieve.filters.bias") / "swap_terms.toml").read_text("utf-8")
    table = tomllib.loads(data)
    clashes, grammar = table.pop("clashes"), table.pop("grammar")
    groups = {
        f"identity.{axis}.{group}": slots
        for axis, by_group in table.items()
        for group, slots in by_group.items()
    }
    slots: dict[tuple[str, str], frozenset[str]] = {}
    proper, acronyms = set(), set()
    for label, by_slot in groups.items():
        for slot, words in by_slot.items():
            for word in words:
                place = (label, normal(word))
                slots[place] = slots.get(place, frozenset()) | {slot}
                if word[0].isupper():
                    proper.add(normal(word))
                if word.isupper():
                    acronyms.add(normal(word))
    return SwapTable(
        forms={
            label: {slot: words[0] for slot, words in by_slot.items()}
            for label, by_slot in groups.items()
        },
        slots=slots,
        clashes={f"identity.{group}": frozenset(words) for group, words in clashes.items()},
        proper=frozenset(proper),
        acronyms=frozenset(acronyms),
        determiners=frozenset(grammar["determiners"]),
        closed=frozenset(grammar["closed"]),
    )


def normal(words: str) -> str:
    """Return words as the table knows them: in lower case, a space for each gap."""
    return GAPS.sub(" ", words.lower())
