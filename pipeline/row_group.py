"""Row groups in little memory: rows wait for theirs in a file, and one is read after another."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


class RowGroup:
    """Batches of rows in a file without a name, which ends with the process, however that ends.

    Attributes:
        bytes: What the batches would take in memory.
    """

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        import pyarrow as pa

        self.bytes = 0
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # `close` closes it
        self._stream = pa.ipc.new_stream(self._file, schema)

    def add(self, batch: pa.RecordBatch) -> None:
        """Add rows.

        Raises:
            OSError: The disk is full.
        """
        self._stream.write_batch(batch)
        self.bytes += batch.nbytes

    def table(self) -> pa.Table:
        """Return all rows; their memory is the file's. Nothing can be added any more.

        Raises:
            OSError: The disk is full.
        """
        import pyarrow as pa

        self._stream.close()
        self._file.flush()
        mapped = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return pa.ipc.open_stream(pa.py_buffer(mapped)).read_all()

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):  # the disk is full, and what is left to write is not wanted
            self._file.close()


def batches(file: pq.ParquetFile, rows: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield a file's rows, at most so many at a time, from one row group after another.

    Asked for all groups at once, Arrow keeps what it has read of each until the last one.
    """
    for group in range(file.num_row_groups):
        yield from file.iter_batches(rows, row_groups=[group], columns=[*columns])
