"""Rows of chats and pairs from files of several forms, one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gemsieve.model.training.tuning.examples import ExamplesError

_ROWS_AT_ONCE = 256


def read_rows(path: Path) -> Iterator[Any]:
    """Yield the rows of a `.jsonl` or `.parquet` file, or an `.arrow` file of `datasets`, in order.

    Raises:
        ExamplesError: The file is of neither form; a line that is no JSON is named by its number.
    """
    if path.suffix == ".parquet":
        yield from _parquet(path)
    elif path.suffix == ".arrow":
        yield from _arrow(path)
    elif path.suffix == ".jsonl":
        yield from _jsonl(path)
    else:
        raise ExamplesError(f"{path}: chats are read from .jsonl, .parquet or .arrow files")


def _jsonl(path: Path) -> Iterator[Any]:
    """Yield what each line says."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield json.loads(line)
            except ValueError:
                # The cause would quote the line.
                raise ExamplesError(f"{path}: line {number} is no JSON in UTF-8") from None


def _parquet(path: Path) -> Iterator[Any]:
    """Yield rows with all columns, some hundred at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE):
                yield from batch.to_pylist()
    except pa.ArrowInvalid:
        raise ExamplesError(f"{path}: no Parquet file, or a damaged one") from None


def _arrow(path: Path) -> Iterator[Any]:
    """Yield rows with all columns of a file in Arrow's stream format, some hundred at a time."""
    import pyarrow as pa

    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as batches:
            for batch in batches:
                yield from batch.to_pylist()
    except pa.ArrowInvalid:
        raise ExamplesError(f"{path}: no Arrow stream, or a damaged one") from None
