"""Decompress a stream by its file's name, and tell a damaged one from a disk that fails."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import zlib
from typing import BinaryIO, cast

COMPRESSIONS = (".gz", ".zst", ".bz2")

# A block of zstd may swell 32,768-fold: what one step decompresses has to stay within memory.
STEP_BYTES = 2 << 10


class TruncatedError(Exception):
    """The compressed stream ends before its end."""


def without_compression(path: str) -> str:
    """Return a path without the suffix that names its compression."""
    stem, suffix = os.path.splitext(path)
    return stem if suffix in COMPRESSIONS else path


def decompressed(path: str, file: io.BufferedReader) -> io.BufferedReader:
    """Return a file's content as a stream; members and frames follow one another.

    What stands before a damage is given out before the damage is an error.
    """
    if path.endswith(".gz"):
        return io.BufferedReader(Steps(gzip.GzipFile(fileobj=file)), 1 << 16)
    if path.endswith(".bz2"):
        return io.BufferedReader(Steps(bz2.BZ2File(file)), 1 << 16)
    if path.endswith(".zst"):
        return io.BufferedReader(ZstdFile(file), 1 << 16)
    return file


def is_damage(error: Exception) -> bool:
    """Say whether an error while reading lies in the file's bytes: then it is quarantined.

    A disk or a network that fails raises an OSError with a number, or a class of its own: that is
    no fault of the record, and the job fails.
    """
    if isinstance(error, EOFError | zlib.error | TruncatedError):
        return True
    if type(error) in (OSError, gzip.BadGzipFile):  # what bz2, gzip and Arrow raise
        return cast("OSError", error).errno is None
    return type(error).__name__ == "ZstdError"


class Steps(io.RawIOBase):
    """A stream that gives what one step of another yields: buffers over buffers lose what they had.

    Reading on into a damage, they would drop the good bytes before it.
    """

    def __init__(self, file: gzip.GzipFile | bz2.BZ2File) -> None:
        self._file = file

    def readable(self) -> bool:
        """Say that it can be read, as `io` asks."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill a buffer and return how many bytes it got."""
        target = memoryview(buffer)  # type: ignore[arg-type]
        block = self._file.read1(len(target))
        target[: len(block)] = block
        return len(block)


class ZstdFile(io.RawIOBase):
    """A zstd file of any number of frames; unlike the library's reader it reports a cut one."""

    def __init__(self, file: BinaryIO) -> None:
        import zstandard

        self._file = file
        self._context = zstandard.ZstdDecompressor()
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._ready = memoryview(b"")
        self._compressed = b""

    def readable(self) -> bool:
        """Say that it can be read, as `io` asks."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill a buffer and return how many bytes it got.

        Raises:
            TruncatedError: The file ends inside a frame.
        """
        while not self._ready and self._fill():
            pass
        target = memoryview(buffer)  # type: ignore[arg-type]
        size = min(len(target), len(self._ready))
        target[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _fill(self) -> bool:
        """Decompress one more step; False at the end of the file."""
        self._compressed = self._compressed or self._file.read(STEP_BYTES)
        if not self._compressed:
            if self._frame is not None:
                raise TruncatedError
            return False
        self._frame = self._frame or self._context.decompressobj(write_size=1 << 16)
        self._ready = memoryview(self._frame.decompress(self._compressed))
        self._compressed = self._frame.unused_data
        if self._frame.eof:
            self._frame = None
        return True
