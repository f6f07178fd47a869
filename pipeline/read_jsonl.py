"""Read JSON lines, plain or compressed; every line is a record or a named fault."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO, cast

from gemsieve.pipeline.record import MAX_RECORD_BYTES, Broken, Meter, Record, checked, column_text
from gemsieve.pipeline.slices import Slice

# JSON may spell a character of the text in six bytes (`\u00e9`).
MAX_LINE_BYTES = 6 * MAX_RECORD_BYTES


class TruncatedError(Exception):
    """The compressed stream ends before its end."""


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
        """Decompress one more block; False at the end of the file."""
        self._compressed = self._compressed or self._file.read(1 << 16)
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


def opened(piece: Slice, file: BinaryIO) -> BinaryIO:
    """Return a slice's lines as a stream, decompressed where the file's name says so."""
    if piece.path.endswith(".gz"):
        return cast("BinaryIO", gzip.GzipFile(fileobj=file))
    if piece.path.endswith(".zst"):
        return cast("BinaryIO", io.BufferedReader(ZstdFile(file), 1 << 16))
    file.seek(piece.start)
    return file


def read_jsonl(
    piece: Slice, text_field: str, columns: Sequence[str], meter: Meter
) -> Iterator[Record | Broken]:
    """Yield the records of a slice; what breaks off a stream is one more record, truncated."""
    with open(piece.path, "rb") as disk, opened(piece, disk) as file:
        number = piece.first
        left = None if piece.end is None else piece.end - piece.start
        while left is None or left > 0:
            try:
                line, size = read_line(file)
            except (TruncatedError, EOFError, zlib.error, gzip.BadGzipFile, zstd_error()):
                yield Broken(number, "truncated_input")
                return
            if not size:
                return
            meter.bytes = disk.tell() - piece.start
            if left is not None:
                left -= size
            if line is None:
                yield Broken(number, "too_large")
            else:
                head = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
                yield parse(number, head, text_field, columns)
            number += 1


def zstd_error() -> type[Exception]:
    """Return the library's error class, imported only when something has gone wrong."""
    import zstandard

    return zstandard.ZstdError


def read_line(file: BinaryIO) -> tuple[bytes | None, int]:
    """Return one line (None when it is too large) and its size; a size of 0 ends the file."""
    line = file.readline(MAX_LINE_BYTES + 1)
    size = len(line)
    if size <= MAX_LINE_BYTES:
        return line, size
    while not line.endswith(b"\n"):
        line = file.readline(1 << 20)
        if not line:
            break
        size += len(line)
    return None, size


def parse(number: int, line: bytes, text_field: str, columns: Sequence[str]) -> Record | Broken:
    """Parse one line."""
    if not line.strip():
        return Broken(number, "blank_line")
    try:
        row = json.loads(line.decode())
    except UnicodeDecodeError:
        return Broken(number, "invalid_utf8")
    except (ValueError, RecursionError):
        return Broken(number, "malformed_json")
    if not isinstance(row, dict):
        return Broken(number, "not_an_object")
    return checked(
        number, row.get(text_field), {name: column_text(row.get(name)) for name in columns}
    )
