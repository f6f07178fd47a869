"""Put the parts of a choice together: recognizers, the words around, what is allowed."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from gemsieve.filters.pii import custom, ours
from gemsieve.filters.pii.choice import Choice
from gemsieve.filters.pii.context import WordContext
from gemsieve.filters.pii.lemmas import LemmaContext
from gemsieve.filters.pii.overlap import Hit
from gemsieve.filters.pii.recognizers import predefined
from gemsieve.filters.pii.resolve import resolve
from gemsieve.filters.pii.scanner import Scanner

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer


@cache
def load(choice: Choice) -> Callable[[str], list[Hit]]:
    """Return the function from a text to its hits, compiled once in a process and ready to go."""
    found = recognizers(choice)
    if choice.mode == "default":
        scanner = Scanner(found, WordContext(found), resolve)
    else:
        scanner = Scanner(found, LemmaContext(choice.lemmas) if choice.lemmas else None)
    # One of each kind, so that tables built on first use are built now.
    scanner.hits("é a@example.com, 212-555-2368")
    if not choice.allow_list:
        return scanner.hits
    allowed = allowing(choice.allow_list, choice.allow_list_match)
    return lambda text: [
        hit for hit in scanner.hits(text) if not allowed(text[hit.start : hit.end])
    ]


def recognizers(choice: Choice) -> list[EntityRecognizer]:
    """Return the recognizers of a choice, as Presidio's own engine takes them."""
    own = custom.build(json.loads(choice.custom)) if choice.custom else []
    build = ours.build if choice.mode == "default" else predefined
    return [*build(choice.entities), *own]


def allowing(words: tuple[str, ...], match: str) -> Callable[[str], bool]:
    """Return the test of `AnalyzerEngine` for words that its `allow_list` lets through."""
    if match == "exact":
        return frozenset(words).__contains__
    import regex

    given = [word for word in words if word]
    if not given:
        return lambda _: False
    # The flags are `AnalyzerEngine.analyze`'s own.
    pattern = regex.compile("|".join(given), regex.DOTALL | regex.MULTILINE | regex.IGNORECASE)
    return lambda word: pattern.search(word) is not None
