"""Recognizers of a user's own, in Presidio's form: a YAML file, or tables in the policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemsieve.filters.pii.entities import STOCK
from gemsieve.filters.policy_file import nearest

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer

OPTION = "recognizers"


def body(given: object) -> dict[str, Any]:
    """Return what a user's recognizers say.

    Args:
        given: The path of a YAML file of Presidio's (a registry, with `supported_languages`, or a
            list of recognizers to add), or an array of tables in the form of its entries.

    Raises:
        TypeError: Neither of these.
        ValueError: The file cannot be read, or is no such file; names it.
    """
    if isinstance(given, str):
        return read(Path(given))
    if isinstance(given, Sequence) and all(isinstance(item, Mapping) for item in given):
        return {OPTION: [dict(item) for item in given]}
    raise TypeError(f"{OPTION}: must be the path of a YAML file or an array of tables")


def read(path: Path) -> dict[str, Any]:
    """Return the content of a YAML file."""
    import yaml

    try:
        body = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ValueError(f"{OPTION}: cannot read {path}: {reason}") from None
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f", line {place.line + 1}" if place else ""
        raise ValueError(f"{OPTION}: {path}{line}: not YAML") from None
    if not isinstance(body, dict) or not isinstance(body.get(OPTION), list):
        raise ValueError(f"{OPTION}: {path}: must hold a list named {OPTION!r}, as Presidio's do")
    return body


def is_registry(body: Mapping[str, Any]) -> bool:
    """Say whether a file lists all recognizers, those of Presidio's too, and not more of them."""
    return "supported_languages" in body


def entities(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the entities that a user's recognizers find, sorted.

    Raises:
        ValueError: An entry names neither an entity nor a pattern recognizer of Presidio's.
    """
    classes = {name: entity for entity, name in STOCK.items()}
    found: set[str] = set()
    for number, item in enumerate(body[OPTION], 1):
        entry = {"name": item, "type": "predefined"} if isinstance(item, str) else item
        if not isinstance(entry, dict):
            raise ValueError(f"{OPTION}[{number}]: must be a table with a name")
        if not entry.get("enabled", True):
            continue
        entity = entry.get("supported_entity") or next(
            iter(entry.get("supported_entities") or ()), None
        )
        name = entry.get("class_name") or entry.get("name")
        if entity is None and entry.get("type") == "predefined":
            if name not in classes:
                raise ValueError(
                    f"{OPTION}[{number}]: {name!r} is no pattern recognizer"
                    f"{nearest(str(name), classes)}; names and places are the detector `names`'s"
                )
            entity = classes[name]
        if not isinstance(entity, str):
            raise ValueError(f"{OPTION}[{number}].supported_entity: missing; name what it finds")
        found.add(entity)
    return tuple(sorted(found))


def build(body: Mapping[str, Any]) -> list[EntityRecognizer]:
    """Return the recognizers, made by Presidio's own loaders.

    Raises:
        ValueError: Presidio refuses an entry; says which and for what kind of reason.
    """
    from presidio_analyzer.recognizer_registry import RecognizerRegistry, RecognizerRegistryProvider

    if is_registry(body):
        try:
            provider = RecognizerRegistryProvider(registry_configuration=dict(body))
            return list(provider.create_recognizer_registry().recognizers)
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{OPTION}: Presidio refuses the registry: {error}") from None
    registry = RecognizerRegistry([])
    for number, entry in enumerate(body[OPTION], 1):
        try:
            registry.add_pattern_recognizer_from_dict(dict(entry))
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{OPTION}[{number}]: Presidio refuses it: {error}") from None
    return list(registry.recognizers)
