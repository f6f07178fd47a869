"""Pairs from sentences of our own: each about every group, beside the same about another one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources

from gemsieve.filters.audit.corpus import axis_of, hashed
from gemsieve.filters.audit.pairs import Pair
from gemsieve.filters.bias.swap_table import swap_table
from gemsieve.filters.bias.wording import sounds_vowel

# No word of one slot answers to these, so the table of swaps leaves them out.
SEXES = {
    "identity.gender.women": ("woman", "women"),
    "identity.gender.men": ("man", "men"),
}
KINDS = ("harmless", "borderline", "hostile")


@cache
def skeletons() -> Mapping[str, tuple[str, ...]]:
    """Read the sentences of each kind, once in a process."""
    data = (resources.files("gemsieve.filters.audit") / "templates.toml").read_text("utf-8")
    table = tomllib.loads(data)
    return {kind: tuple(table[kind]) for kind in KINDS}


def template_pairs() -> list[Pair]:
    """Return a pair for each sentence and group; the other group, of its axis, is drawn by hash.

    The place of a pair is the kind of its sentence and the sentence's number, from 1.
    """
    named = dict(words())
    axes: dict[str, list[str]] = {}
    for label in named:
        axes.setdefault(axis_of(label), []).append(label)
    return [
        Pair(filled(skeleton, named[s]), filled(skeleton, named[t]), s, t, (kind, number))
        for kind, listed in skeletons().items()
        for number, skeleton in enumerate(listed, 1)
        for labels in axes.values()
        if len(labels) > 1
        for s in labels
        for t in [another(s, labels, skeleton)]
    ]


def another(label: str, labels: Sequence[str], skeleton: str) -> str:
    """Return another of the labels, drawn by hash."""
    others = [other for other in labels if other != label]
    return others[hashed(skeleton, label) % len(others)]


def words() -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each group with the words for one of its persons, and for several."""
    yield from SEXES.items()
    for label, forms in swap_table().forms.items():
        if "adjective" in forms:
            yield label, (f"{forms['adjective']} person", f"{forms['adjective']} people")
        elif "condition" in forms:
            yield label, (f"person {forms['condition']}", f"people {forms['condition']}")
        elif "noun" in forms and "plural" in forms:
            yield label, (forms["noun"], forms["plural"])


def filled(skeleton: str, words: tuple[str, str]) -> str:
    """Return a sentence about a group: "an Arab person", and a capital where it opens."""
    one, many = words
    text = skeleton.format(one=f"{'an' if sounds_vowel(one) else 'a'} {one}", many=many)
    return text[0].upper() + text[1:]
