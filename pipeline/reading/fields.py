"""Find a field by its path: `content.body` is a field of a field; a key that holds the dot wins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def value_at(row: Mapping[str, Any], path: str) -> object:
    """Return what a row holds at a path; None where there is nothing."""
    if "." not in path or path in row:
        return row.get(path)
    for head, rest in splits(path):
        inner = row.get(head)
        if isinstance(inner, Mapping) and (found := value_at(inner, rest)) is not None:
            return found
    return None


def splits(path: str) -> list[tuple[str, str]]:
    """Return a path's cuts into a key and the rest, the longest key first."""
    dots = [i for i, letter in enumerate(path) if letter == "."]
    return [(path[:dot], path[dot + 1 :]) for dot in reversed(dots)]


def column_at(batch: pa.RecordBatch | pa.StructArray, path: str) -> pa.Array | None:
    """Return an Arrow column at a path, None where there is none; a null struct has null fields.

    Raises:
        KeyError: Two columns have the name.
    """
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    schema = batch.schema if hasattr(batch, "schema") else batch.type
    names = [field.name for field in schema]
    if path in names:
        if names.count(path) > 1:
            raise KeyError(path)
        index = names.index(path)
        return batch.column(index) if hasattr(batch, "schema") else pc.struct_field(batch, [index])
    for head, rest in splits(path):
        inner = column_at(batch, head) if head in names else None
        if inner is not None and kinds.is_struct(inner.type):
            found = column_at(inner, rest)
            if found is not None:
                return found
    return None
