"""Labelled texts to learn from, one JSON object a line; a bad line is told of and left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from gemsieve.filters.pii.labelled import kind, lines, parsed


@dataclass(frozen=True, slots=True)
class Row:
    """A text, what it answers, and which labels are true of it."""

    text: str
    prompt: str | None
    truths: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """Where a line holds what is read; no name of a prompt where there is none."""

    labels: Sequence[str]
    text: str = "text"
    prompt: str | None = None


class Read(NamedTuple):
    """The rows of a file, and by line why one was left out, without its words."""

    rows: list[Row]
    faults: dict[int, str]


def read(path: Path, fields: Fields) -> Read:
    """Read a file, plain or `.gz`.

    Raises:
        LabelledError: It cannot be read; names it.
    """
    found = Read([], {})
    for number, line in lines(path):
        try:
            found.rows.append(_row(line, fields))
        except ValueError as error:
            found.faults[number] = str(error)
    return found


def _row(line: bytes, fields: Fields) -> Row:
    """Take one line apart.

    Raises:
        ValueError: It is not as it should be; names the field, never the words.
    """
    body = parsed(line)
    text = body.get(fields.text)
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{fields.text}: must be a text, not {kind(text)}")
    prompt = body.get(fields.prompt) if fields.prompt else None
    if not isinstance(prompt, str | None):
        raise ValueError(f"{fields.prompt}: must be a string or null, not {kind(prompt)}")
    if any("\ud800" <= letter <= "\udfff" for letter in text + (prompt or "")):
        raise ValueError("holds half of a surrogate pair")
    return Row(text, prompt, tuple(_truth(body, label) for label in fields.labels))


def _truth(body: Mapping[str, Any], label: str) -> bool:
    """Return whether a label is true: a number is, from a half on."""
    value = body.get(label)
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{label}: must be true, false, or a number from 0 to 1")
    return value >= 0.5
