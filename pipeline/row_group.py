"""A row group before it is written: its rows wait in a file, for a writer's memory would show."""

from __future__ import annotations

import mmap
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


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
