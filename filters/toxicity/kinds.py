"""What the labelled sets say of a toxic text beyond that it is: its kinds, where a set names them.

A set that does not ask about a kind says nothing of it, and its rows then teach nothing about it.
No set here has people mark sexual content, so there is no such kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

INSULT, THREAT, IDENTITY, PROFANITY = KINDS = ("insult", "threat", "identity_attack", "profanity")
VOTES = 2  # of three raters
GROUP_HATE = ("homophobia", "racism", "misogyny", "xenophobia")

Detail = Mapping[str, Any]


def attack_on_group(_: Detail, toxic: bool) -> dict[str, bool]:
    """Read a set whose toxic label means hate of a group, and nothing else."""
    return {IDENTITY: toxic}


def contextual_abuse(detail: Detail, _: bool) -> dict[str, bool]:
    """Read the Contextual Abuse Dataset's classes; a text may have several."""
    classes = set(detail["classes"])
    return {INSULT: "PersonDirectedAbuse" in classes, IDENTITY: "IdentityDirectedAbuse" in classes}


def gab(detail: Detail, _: bool) -> dict[str, bool]:
    """Read the Gab Hate Corpus's three majority votes."""
    return {
        IDENTITY: bool(detail["human_degradation"]),
        THREAT: bool(detail["call_for_violence"]),
        PROFANITY: bool(detail["vulgar_offensive"]),
    }


def davidson(detail: Detail, _: bool) -> dict[str, bool]:
    """Read the tweets' three classes: hate is of groups, offence was judged to be none."""
    return {IDENTITY: detail["class"] == "hate"}


def sexism(detail: Detail, toxic: bool) -> dict[str, bool]:
    """Read EDOS's categories, of which the first is threats and incitement."""
    return {IDENTITY: toxic, THREAT: detail["category"].startswith("1.")}


def emoji(detail: Detail, toxic: bool) -> dict[str, bool]:
    """Read HatemojiBuild's types."""
    return {IDENTITY: toxic, THREAT: detail["type"] == "threateninglanguage"}


def jigsaw(detail: Detail, _: bool) -> dict[str, bool]:
    """Read the Wikipedia comments' own sub-labels, which few rows here have."""
    names = {
        "insult": INSULT,
        "threat": THREAT,
        "identity_hate": IDENTITY,
        "obscene": PROFANITY,
    }
    return {
        kind: bool(detail[name]) for name, kind in names.items() if detail.get(name) is not None
    }


def germeval(detail: Detail, _: bool) -> dict[str, bool]:
    """Read GermEval's fine classes; abuse there is of people as members of a group."""
    names = {INSULT: "INSULT", IDENTITY: "ABUSE", PROFANITY: "PROFANITY"}
    return {kind: detail["fine"] == name for kind, name in names.items()}


def toldbr(detail: Detail, _: bool) -> dict[str, bool]:
    """Read ToLD-Br's votes by category."""
    return {
        INSULT: detail["insult"] >= VOTES,
        PROFANITY: detail["obscene"] >= VOTES,
        IDENTITY: any(detail[name] >= VOTES for name in GROUP_HATE),
    }


READERS: dict[str, Callable[[Detail, bool], dict[str, bool]]] = {
    "tox_cad_reddit": contextual_abuse,
    "tox_davidson_tweets": davidson,
    "tox_edos_sexism": sexism,
    "tox_gab_hate_corpus": gab,
    "tox_hatemoji_build": emoji,
    "tox_implicit_hate": attack_on_group,
    "tox_multi_germeval2018_de": germeval,
    "tox_multi_toldbr_pt": toldbr,
    "tox_stormfront": attack_on_group,
    "tox_toxigen_human": attack_on_group,
    "tox_wikipedia_talk": jigsaw,
}


# Where a set tells how many of its raters called a text toxic, or how sure they were.
SHARES: dict[str, Callable[[Detail], float]] = {
    "tox_civil_comments_spans_pool": lambda detail: float(detail["toxic_fraction"]),
    "tox_davidson_tweets": lambda detail: 1 - detail["n_neither"] / detail["n"],
    "tox_toxigen_human": lambda detail: (detail["human_toxicity_1to5"] - 1) / 4,
}


def share_of(source: str, detail: Detail | None) -> float | None:
    """Return which share of raters called a text toxic, or None where a set does not tell."""
    reader = SHARES.get(source)
    return reader(detail) if reader and detail else None


def kinds_of(source: str, detail: Detail | None, toxic: bool) -> dict[str, bool]:
    """Return the kinds that a set tells of one of its texts, true or false; absent is unknown."""
    reader = READERS.get(source)
    return reader(detail, toxic) if reader and detail else {}
