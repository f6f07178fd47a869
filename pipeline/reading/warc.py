"""Step through a WARC's documents by its parser, past places where no record begins."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from gemsieve.pipeline.reading import record
from gemsieve.pipeline.reading.compression import is_damage
from gemsieve.pipeline.reading.record import Fault

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

# What a crawl stored of a document; requests, metadata and repeated visits hold no text of one.
DOCUMENTS = ("response", "resource", "conversion")
BEGINNING = b"\nWARC/1."


class Stored(NamedTuple):
    """One document as it lies in the file: its record's headers, and the bytes after them."""

    headers: Mapping[str, str]
    content: bytes


class Stream:
    """A decompressed WARC as its parser wants it, able to go on after a part that is none.

    `damaged` says that the file, and not what it holds, could not be read on.
    """

    def __init__(self, file: io.BufferedReader) -> None:
        self.damaged = False
        self._file = file
        self._ahead = b""
        self._passed = 0
        self._recent = [b"", b""]  # what was read last: the parser holds one block at a time

    def read(self, size: int = 1 << 16) -> bytes:
        """Return the next block, of at most so many bytes."""
        if self._ahead:
            block, self._ahead = self._ahead[:size], self._ahead[size:]
        else:
            block = self._fetched(size)
        self._recent = [self._recent[1], block]
        self._passed += len(block)
        return block

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._passed

    def seek(self, _offset: int, _whence: int = 0) -> int:
        """Stay: the parser asks where it is, and goes nowhere."""
        return self._passed

    def close(self) -> None:
        """Leave the file to whoever opened it."""

    def resume(self, after: int) -> bool:
        """Stand where the next record begins past a place; False where none does."""
        window = b"".join(self._recent) + self._ahead
        base = self._passed + len(self._ahead) - len(window)
        place = window.find(BEGINNING, max(0, after - base))
        while place < 0:
            if not (block := self._fetched(1 << 16)):
                return False
            base += max(0, len(window) - len(BEGINNING))
            window = window[-len(BEGINNING) :] + block
            place = window.find(BEGINNING)
        self._ahead, self._recent = window[place + 1 :], [b"", b""]
        self._passed = base + place + 1
        return True

    def _fetched(self, size: int) -> bytes:
        try:
            return self._file.read1(size)
        except Exception as error:
            self.damaged = is_damage(error)
            raise


def documents(file: io.BufferedReader) -> Iterator[Stored | Fault]:
    """Yield a file's documents and, for each place where no record begins, a fault.

    A document waits for the next record: if none begins where it ends, its length is wrong.
    """
    stream = Stream(file)
    held: Stored | Fault | None = None
    more = True
    while more:
        begun = stream.tell()
        try:
            for entry in archive(stream):
                yield from filter(None, (held,))
                held, begun = None, entry.stream_pos
                held = stored(entry)
            more = False
        except Exception as error:
            if not is_damage(error):
                raise
            if stream.damaged:
                yield from filter(None, (held,))
                yield "truncated_input"
                return
            yield "malformed_warc"
            held, more = None, resumed(stream, begun)
    yield from filter(None, (held,))


def resumed(stream: Stream, after: int) -> bool:
    """Go on at the next record, if there is one that can be read."""
    try:
        return stream.resume(after)
    except Exception:
        if not stream.damaged:
            raise
        return False  # what is left is part of the place that was told


def archive(stream: Stream) -> Iterator[WarcRecord]:
    """Return the parser's records of all kinds."""
    from fastwarc.warc import ArchiveIterator

    return iter(ArchiveIterator(stream, parse_http=False, stream_detect=False))


def stored(entry: WarcRecord) -> Stored | Fault | None:
    """Return a record's document, what is wrong with it, or None for a record of another kind."""
    if str(entry.record_type) not in DOCUMENTS:
        return None
    if entry.content_length > record.MAX_RECORD_BYTES:
        return "too_large"
    content = entry.reader.read(entry.content_length)
    if len(content) < entry.content_length:
        return "truncated_input"
    return Stored(entry.headers.to_dict(), content)
