"""Read lines of bytes of any length in bounded memory, from a slice of a file of text."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gemsieve.pipeline.reading import record
from gemsieve.pipeline.reading.charset import as_utf8
from gemsieve.pipeline.reading.compression import decompressed, is_damage
from gemsieve.pipeline.reading.files import open_file
from gemsieve.pipeline.reading.record import Broken, Meter
from gemsieve.pipeline.reading.slices import Slice

TOLD_EVERY = 64  # lines between two looks at the place in the file


@dataclass
class Lines:
    """A slice's lines, as UTF-8.

    Attributes:
        file: Stands at the first of them.
        disk: The file as it lies there, for how far we are.
        left: Bytes to read, None to the end of the file.
        encoding: What a file that is not yet begun is in, if it has no byte-order mark.
        begun: Whether a byte-order mark can no longer come.
        quotes: Quotation marks in the last line that was too large.
    """

    file: io.BufferedReader
    disk: io.BufferedReader
    left: int | None
    encoding: str
    begun: bool
    quotes: int = 0

    def next(self) -> tuple[bytes | None, int]:
        """Return a line (None when it is too large) and its size; a size of 0 ends the slice."""
        if self.left is not None and self.left <= 0:
            return b"", 0
        if not self.begun:
            self.file = as_utf8(self.file, self.encoding)
        line: bytes | None = self.file.readline(record.MAX_LINE_BYTES + 1)
        size = len(line or b"")
        if line and size > record.MAX_LINE_BYTES:
            size = self._pass_by(line)
            line = None
        if self.left is not None:
            self.left -= size
        if not self.begun:
            self.begun, line = True, line and line.removeprefix(codecs.BOM_UTF8)
        return line, size

    def read(self, most: int) -> bytes:
        """Return so many bytes from the beginning of the file, or all it has."""
        self.file = as_utf8(self.file, self.encoding)
        return self.file.read(most + len(codecs.BOM_UTF8)).removeprefix(codecs.BOM_UTF8)[:most]

    def _pass_by(self, line: bytes) -> int:
        """Read to the end of a line that began so, and return its size."""
        size, self.quotes = len(line), line.count(b'"')
        while line and not line.endswith(b"\n"):
            line = self.file.readline(1 << 20)
            size += len(line)
            self.quotes += line.count(b'"')
        return size


@contextmanager
def opened(piece: Slice) -> Iterator[Lines]:
    """Open a slice of a file of text, decompressed and decoded as its name and head say."""
    with open_file(piece.path) as disk:
        if piece.start:
            disk.seek(piece.start)
        left = None if piece.end is None else piece.end - piece.start
        file = decompressed(piece.path, disk)
        yield Lines(file, disk, left, piece.encoding, begun=piece.start > 0)


def numbered(piece: Slice, meter: Meter) -> Iterator[tuple[int, bytes] | Broken]:
    """Yield a slice's lines with their numbers; what breaks off a stream is one more, truncated."""
    with opened(piece) as lines:
        number = piece.first
        while True:
            try:
                line, size = lines.next()
            except Exception as error:
                if not is_damage(error):
                    raise
                yield Broken(number, "truncated_input")
                return
            if not size:
                return
            if not number % TOLD_EVERY:
                meter.bytes = lines.disk.tell() - piece.start
            if line is None:
                yield Broken(number, "too_large")
            elif not line.strip():
                yield Broken(number, "blank_line")
            else:
                yield number, line
            number += 1
