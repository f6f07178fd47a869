"""Labelled texts, one JSON object a line; a line that cannot be read is told of and left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Fields:
    """Where a line holds what is read; no name of groups where none are to be read."""

    text: str = "text"
    label: str = "label"
    groups: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One text, the number of its line, its label, and what it is about."""

    line: int
    text: str
    toxic: bool
    source: str | None
    groups: tuple[str, ...]


class Read(NamedTuple):
    """The texts of a file, and by line why one was left out, without its words."""

    rows: list[Row]
    faults: dict[int, str]


def read(path: Path, fields: Fields) -> Read:
    """Read a file, plain or `.gz`.

    Raises:
        LabelledError: It cannot be read, or no line of it; names it.
    """
    from gemsieve.filters.pii.labelled import LabelledError, lines

    found = Read([], {})
    for number, line in lines(path):
        try:
            found.rows.append(row(number, line, fields))
        except ValueError as error:
            found.faults[number] = str(error)
    if not found.rows:
        reasons = "".join(f"; line {line}: {fault}" for line, fault in first(found.faults))
        raise LabelledError(f"{path}: holds no labelled text{reasons}")
    return found


def first(faults: Mapping[int, str], count: int = 1) -> list[tuple[int, str]]:
    """Return the first of the lines that were left out, and why."""
    return list(faults.items())[:count]


def row(number: int, line: bytes, fields: Fields) -> Row:
    """Take one line apart.

    Raises:
        ValueError: It is not as it should be; names the field, never the words.
    """
    from gemsieve.filters.pii.labelled import kind, parsed

    body = parsed(line)
    for name in (fields.text, fields.label, *([fields.groups] if fields.groups else [])):
        if name not in body:
            raise ValueError(f"{name}: missing")
    text, label, source = body[fields.text], body[fields.label], body.get("source")
    if not isinstance(text, str):
        raise ValueError(f"{fields.text}: must be a string, not {kind(text)}")
    if not isinstance(label, int | float) or label not in {0, 1}:
        raise ValueError(f"{fields.label}: must be 0 or 1, true or false")
    if not isinstance(source, str | None):
        raise ValueError(f"source: must be a string, not {kind(source)}")
    groups = body[fields.groups] if fields.groups else []
    groups = [groups] if isinstance(groups, str) else groups or []
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise ValueError(f"{fields.groups}: must be names in an array, a name, or null")
    return Row(number, text, bool(label), source, tuple(dict.fromkeys(groups)))
