"""What a policy may say of names, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gemsieve.filters.names.models import PACKAGED
from gemsieve.filters.policy_file import nearest

# Presidio's words for what its recognizers of names find.
ENTITIES = ("LOCATION", "NRP", "ORGANIZATION", "PERSON")
ENGINES = {"spacy": PACKAGED, "transformers": None, "gliner": None}  # with their default models
LONGEST = (10_000, 1_000_000)


def chosen(engine: str, model: object) -> str:
    """Return the model to load.

    Raises:
        TypeError: It is no string.
        ValueError: The engine is unknown, or has no model of its own and none is given.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine: no engine {engine!r}{nearest(str(engine), ENGINES)}")
    if not isinstance(model, str | None):
        raise TypeError("model: must be a string")
    name = model or ENGINES[engine]
    if name is None:
        raise ValueError(f"model: engine {engine!r} needs one, a folder or a hub's name")
    return name


def checked(entities: object) -> tuple[str, ...]:
    """Return the entities in alphabetical order, each once.

    Raises:
        TypeError: Not an array of strings.
        ValueError: There are none, or one is unknown.
    """
    if isinstance(entities, str) or not isinstance(entities, Sequence):
        raise TypeError('entities: must be an array of names, as in ["PERSON"]')
    if not entities:
        raise ValueError("entities: name at least one, or leave the option out")
    for entity in entities:
        if entity not in ENTITIES:
            guess = nearest(str(entity).upper(), ENTITIES)
            raise ValueError(f"entities: no entity {entity!r}{guess}")
    return tuple(sorted(set(entities)))


def conditions(when: object) -> dict[str, tuple[str, ...]]:
    """Return the columns that choose texts, with their globs.

    Raises:
        TypeError: Not a table of strings or arrays of strings.
    """
    example = 'as in when = { language = ["en", "de"] }'
    if not isinstance(when, Mapping):
        raise TypeError(f"when: must be a table, {example}")
    found: dict[str, tuple[str, ...]] = {}
    for column, value in when.items():
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, Sequence) or not all(isinstance(v, str) and v for v in values):
            raise TypeError(f"when.{column}: must be a string or an array of strings, {example}")
        found[column] = tuple(values)
    return found


def within(longest: object) -> int:
    """Return how many characters a model may read at once.

    Raises:
        TypeError: No whole number.
        ValueError: Outside `LONGEST`.
    """
    low, high = LONGEST
    if isinstance(longest, bool) or not isinstance(longest, int):
        raise TypeError("longest: must be a whole number of characters")
    if not low <= longest <= high:
        raise ValueError(f"longest: {longest} is outside {low}..{high} characters")
    return longest
