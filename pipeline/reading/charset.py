"""Give a text file of another encoding as UTF-8, what it cannot decode marked for quarantine."""

from __future__ import annotations

import codecs
import io

from gemsieve.pipeline.reading.files import InputError

UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

# Half of a surrogate pair, encoded all the same: no UTF-8 decoder takes it.
MARK = "\udcff"


def known(encoding: str) -> str:
    """Return an encoding's canonical name, "" for UTF-8, whose files need nothing done.

    Raises:
        InputError: Python knows no such encoding of texts.
    """
    try:
        name = codecs.lookup(encoding or "utf-8").name
        "".encode(name)  # refuses codecs of bytes, such as hex
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError):
        raise InputError(f"--encoding {encoding}: no such encoding of texts") from None
    return "" if name in ("utf-8", "utf-8-sig") else name


def encoding_of(head: bytes, encoding: str) -> str:
    """Return what to decode a file with, "" for UTF-8: by its first bytes, else as was told."""
    return "utf-16" if head.startswith(UTF16) else encoding


def as_utf8(file: io.BufferedReader, encoding: str) -> io.BufferedReader:
    """Return a stream from its beginning as UTF-8; a byte-order mark of UTF-8 stays.

    A byte sequence that the encoding has not becomes one that UTF-8 has not, so that the record
    it stands in, and no other, is quarantined.
    """
    found = encoding_of(file.peek(2), encoding)
    return io.BufferedReader(Transcoded(file, found), 1 << 16) if found else file


def mark(error: UnicodeError) -> tuple[str, int]:
    """Stand in for what cannot be decoded."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return MARK, error.end


class Transcoded(io.RawIOBase):
    """A stream in one encoding, read as UTF-8."""

    def __init__(self, file: io.BufferedReader, encoding: str) -> None:
        codecs.register_error("gemsieve.mark", mark)
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)("gemsieve.mark")
        self._ready = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        """Say that it can be read, as `io` asks."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill a buffer and return how many bytes it got."""
        while not self._ready and not self._ended:
            block = self._file.read1(1 << 16)
            self._ended = not block
            text = self._decoder.decode(block, final=self._ended)
            self._ready = memoryview(text.encode("utf-8", "surrogatepass"))
        target = memoryview(buffer)  # type: ignore[arg-type]
        size = min(len(target), len(self._ready))
        target[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size
