"""Read JSON lines; every line is a record or a named fault."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from gemsieve.pipeline.fields import value_at
from gemsieve.pipeline.lines import numbered
from gemsieve.pipeline.record import Broken, Meter, Record, checked, column_text
from gemsieve.pipeline.slices import Slice


def read_jsonl(
    piece: Slice, text_field: str, columns: Sequence[str], meter: Meter
) -> Iterator[Record | Broken]:
    """Yield the records of a slice."""
    for line in numbered(piece, meter):
        yield line if isinstance(line, Broken) else parse(*line, text_field, columns)


def parse(number: int, line: bytes, text_field: str, columns: Sequence[str]) -> Record | Broken:
    """Parse one line."""
    try:
        row = loaded(line, exactly=bool(columns))
    except UnicodeDecodeError:
        return Broken(number, "invalid_utf8")
    except (ValueError, RecursionError):
        return Broken(number, "malformed_json")
    if not isinstance(row, dict):
        return Broken(number, "not_an_object")
    return checked(
        number,
        value_at(row, text_field),
        {name: column_text(value_at(row, name)) for name in columns},
    )


def loaded(line: bytes, *, exactly: bool) -> Any:  # noqa: ANN401  # what JSON may hold
    """Parse JSON as the standard library does, by a parser twice as fast where it can.

    orjson refuses NaN and half surrogate pairs, which corpora hold, and rounds whole numbers
    beyond 64 bits: what it refuses, and numbers where `exactly` asks for them, are parsed again.
    """
    import orjson

    try:
        row = orjson.loads(line)
    except ValueError:
        return json.loads(line.decode())
    if exactly and isinstance(row, dict) and any(map(is_inexact, row.values())):
        return json.loads(line)
    return row


def is_inexact(value: object) -> bool:
    """Say whether a value may hold a whole number that was rounded."""
    return isinstance(value, dict) or (isinstance(value, float) and abs(value) >= 2**63)
