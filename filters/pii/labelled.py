"""Read texts in which personal data is marked: JSON objects, one a line, with text and spans."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemsieve.filters.pii.evaluate import Mark

# Where a field is not named: ours, and presidio-research's.
TEXTS = ("text", "full_text")
STARTS = ("start", "start_position")
ENDS = ("end", "end_position")
LABELS = ("label", "entity_type", "type")

KINDS = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a fraction",
    type(None): "null",
}


class LabelledError(Exception):
    """A file is not as it should be; names the file, the line and the field, never the words."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text, the number of its line, and the spans marked in it."""

    line: int
    text: str
    marks: tuple[Mark, ...]


def digest(path: Path) -> str:
    """Return the SHA-256 (hex) of a file as it lies there.

    Raises:
        LabelledError: It cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise LabelledError(f"{path}: {error.strerror}") from None


def read(path: Path, text_field: str | None = None, spans_field: str = "spans") -> list[Labelled]:
    """Return the texts of a file, plain or `.gz`, in order.

    A span holds `start`, `end` (code points, end exclusive) and `label`; presidio-research's names
    of the same are taken too. What else a line holds is not looked at.

    Args:
        path: The file.
        text_field: The field of the text; `text`, else `full_text`, when not given.
        spans_field: The field of the spans.

    Raises:
        LabelledError: A line or a field is missing, of the wrong type or out of range.
    """
    rows = [
        Reader(f"{path}: line {number}").row(number, line, text_field, spans_field)
        for number, line in lines(path)
    ]
    if not rows:
        raise LabelledError(f"{path}: holds no line")
    return rows


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file with their numbers, unpacked when its name says it is packed.

    Raises:
        LabelledError: It cannot be read; names it, and the last good line.
    """
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                yield number, line
    except OSError as error:
        raise LabelledError(f"{path}: {error.strerror or 'not gzip, or damaged'}") from None
    except (EOFError, zlib.error):
        raise LabelledError(f"{path}: broken off or damaged after line {number}") from None


def parsed(line: bytes) -> dict[str, Any]:
    """Return the object that a line holds.

    Raises:
        ValueError: It holds none.
    """
    try:
        row = json.loads(line.decode())
    except (ValueError, RecursionError):
        raise ValueError("not JSON in UTF-8") from None
    if not isinstance(row, dict):
        raise ValueError(f"must be an object, not {kind(row)}")
    return row


@dataclass(frozen=True)
class Reader:
    """Takes one line apart; `place` names it in errors."""

    place: str

    def row(self, number: int, line: bytes, text_field: str | None, spans_field: str) -> Labelled:
        """Return the text and its marks."""
        try:
            row = parsed(line)
        except ValueError as error:
            raise LabelledError(f"{self.place}: {error}") from None
        key, text = self.value(row, (text_field,) if text_field else TEXTS)
        if not isinstance(text, str):
            raise self.error(key, f"must be a string, not {kind(text)}")
        key, spans = self.value(row, (spans_field,))
        if not isinstance(spans, list):
            raise self.error(key, f"must be an array, not {kind(spans)}")
        return Labelled(number, text, tuple(self.marks(key, spans, len(text))))

    def marks(self, field: str, spans: list[object], length: int) -> Iterator[Mark]:
        """Yield the marks of a text of so many characters."""
        for i, span in enumerate(spans):
            place = f"{field}[{i}]"
            if not isinstance(span, dict):
                raise self.error(place, f"must be an object, not {kind(span)}")
            inner = Reader(f"{self.place}: {place}")
            start_key, start = inner.offset(span, STARTS)
            end_key, end = inner.offset(span, ENDS)
            label_key, label = inner.value(span, LABELS)
            if not isinstance(label, str) or not label:
                raise inner.error(label_key, f"must be a name, not {kind(label)}")
            if not 0 <= start < length:
                raise inner.error(start_key, f"{start} is outside the text of {length} characters")
            if not start < end <= length:
                raise inner.error(end_key, f"{end} is not in {start + 1}..{length}")
            yield Mark(label, start, end)

    def offset(self, span: Mapping[str, object], names: tuple[str, ...]) -> tuple[str, int]:
        """Return a place in the text, and the name it has."""
        key, value = self.value(span, names)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(key, f"must be a whole number, not {kind(value)}")
        return key, value

    def value(self, row: Mapping[str, object], names: tuple[str, ...]) -> tuple[str, object]:
        """Return the first of these fields that is there, with its name."""
        for name in names:
            if name in row:
                return name, row[name]
        raise self.error(names[0], "missing")

    def error(self, field: str, fault: str) -> LabelledError:
        """Return the error about a field."""
        return LabelledError(f"{self.place}: {field}: {fault}")


def kind(value: object) -> str:
    """Return what a JSON value is, without what it says."""
    return KINDS[type(value)] if value != "" else "an empty string"
