"""What a reader yields: a record with its text, or one that cannot be judged and why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gemsieve.filters.finding import Finding

# One record may take this many bytes; a larger one would set the memory of the whole job.
MAX_RECORD_BYTES = 10_000_000

# JSON may spell a character of the text in six bytes (`\u00e9`).
MAX_LINE_BYTES = 6 * MAX_RECORD_BYTES

Fault = Literal[
    "malformed_json",
    "not_an_object",
    "blank_line",
    "invalid_utf8",
    "lone_surrogate",
    "missing_text",
    "text_not_string",
    "empty_text",
    "too_large",
    "truncated_input",
    "unreadable_file",
    "timed_out",
    "out_of_memory",
    "crashed",
    "malformed_csv",
    "ragged_row",
    "ambiguous_column",
    "malformed_warc",
    "malformed_http",
    "http_status",
    "not_text",
]


@dataclass(slots=True)
class Meter:
    """What passes between a reader and those it reads for.

    Attributes:
        bytes: How many of a slice's bytes on disk it has passed; for the progress bar.
        aside: Records that it must not look into, by number, with the fault that each one has.
    """

    bytes: int = 0
    aside: Mapping[int, Fault] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """One text of an input, with the columns that were asked for; `number` counts from 1.

    `found` is what detectors found in it in an earlier job, None where none looked.
    """

    number: int
    text: str
    columns: Mapping[str, str | None] = field(default_factory=dict)
    found: Sequence[Finding] | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """One record that cannot be judged: it goes to quarantine under its number and fault."""

    number: int
    fault: Fault


def checked(number: int, text: object, columns: Mapping[str, str | None]) -> Record | Broken:
    """Return a record if its text can be judged, else its fault."""
    if text is None:
        return Broken(number, "missing_text")
    if not isinstance(text, str):
        return Broken(number, "text_not_string")
    if not text or text.isspace():
        return Broken(number, "empty_text")
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        return Broken(number, "lone_surrogate")
    if size > MAX_RECORD_BYTES:
        return Broken(number, "too_large")
    return Record(number, text, columns)


def column_text(value: object) -> str | None:
    """Return a column's value as text that can be written, or None; strings in a list as JSON."""
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        value = json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, (dict, list)):
        return None
    if isinstance(value, bytes):  # Parquet files of old writers do not say that a column is text
        return value.decode("utf-8", "replace")
    if isinstance(value, str) and value.isascii():
        return value
    return str(value).encode("utf-8", "replace").decode()
