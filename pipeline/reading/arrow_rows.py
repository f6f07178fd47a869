"""Turn Arrow batches into records, column by column, whatever type a column has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gemsieve.pipeline.reading.fields import column_at
from gemsieve.pipeline.reading.record import Broken, Record, checked, column_text

if TYPE_CHECKING:
    import pyarrow as pa

# What cannot be read of a column, where the others of its row can.
UNDECODABLE = object()


def rows(
    batch: pa.RecordBatch, first: int, text_field: str, columns: Sequence[str]
) -> Iterator[Record | Broken]:
    """Yield a batch's rows as records, numbered from `first`."""
    numbers = range(first, first + batch.num_rows)
    try:
        texts = values(column_at(batch, text_field), batch.num_rows)
        beside = [values(column_at(batch, name), batch.num_rows) for name in columns]
    except KeyError:
        yield from (Broken(number, "ambiguous_column") for number in numbers)
        return
    for number, text, *others in zip(numbers, texts, *beside, strict=True):
        if text is UNDECODABLE or UNDECODABLE in others:
            yield Broken(number, "invalid_utf8")
        else:
            told = dict(zip(columns, map(column_text, others), strict=True))
            yield checked(number, text, told)


def values(column: pa.Array | None, rows: int) -> list[Any]:
    """Return a column's values; one that is no UTF-8 costs its own row."""
    if column is None:
        return [None] * rows
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        return [one_value(value) for value in column]


def one_value(scalar: pa.Scalar) -> object:
    """Return a value, or that it cannot be decoded."""
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return UNDECODABLE


def is_damage(error: Exception) -> bool:
    """Say whether an error of Arrow's lies in the file's bytes, and not in a disk or network."""
    import pyarrow as pa

    if type(error) is OSError:  # what it raises for both; the system's has a number
        return error.errno is None
    # A column's name may be no UTF-8.
    return isinstance(error, pa.ArrowException | UnicodeDecodeError)


def is_sound(batch: pa.RecordBatch) -> bool:
    """Say whether a batch that was mapped, and not parsed, may be looked at.

    Its offsets may point out of its memory. Texts that are no UTF-8 are sound: they cost a row.
    """
    import pyarrow as pa
    import pyarrow.types as kinds

    def as_bytes(column: pa.Array) -> pa.Array:
        if kinds.is_string(column.type):
            return column.view(pa.binary())
        return column.view(pa.large_binary()) if kinds.is_large_string(column.type) else column

    try:
        for column in batch.columns:
            as_bytes(column).validate(full=True)
    except pa.ArrowException:
        return False
    return True


def names_within(names: Sequence[str], *paths: str) -> list[str]:
    """Return the top-level columns that hold any of the paths."""
    return [name for name in names if any(f"{path}.".startswith(f"{name}.") for path in paths)]
