"""Read the pages of a WARC or the texts of a WET file as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gemsieve.pipeline.reading.compression import decompressed
from gemsieve.pipeline.reading.files import open_file
from gemsieve.pipeline.reading.record import Broken, Meter, Record, checked
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.reading.warc import Stored, documents
from gemsieve.pipeline.reading.web_page import Body, PageError, http_body, text_of

# The headers of a record that have a name of ours; any other is asked for by its own.
HEADERS = {"url": "WARC-Target-URI", "date": "WARC-Date"}


def read_warc(
    piece: Slice, _text_field: str, columns: Sequence[str], meter: Meter
) -> Iterator[Record | Broken]:
    """Yield the documents of a file; what breaks off is one more, truncated."""
    with open_file(piece.path) as disk:
        found = documents(decompressed(piece.path, disk))
        for number, stored in enumerate(found, piece.first):
            meter.bytes = disk.tell()
            if fault := meter.aside.get(number):
                yield Broken(number, fault)
            elif isinstance(stored, Stored):
                yield document(number, stored, columns)
            else:
                yield Broken(number, stored)


def document(number: int, stored: Stored, columns: Sequence[str]) -> Record | Broken:
    """Return a document as a record with its text."""
    try:
        body = body_of(stored)
        text = text_of(body)
    except PageError as error:
        return Broken(number, error.fault)
    return checked(number, text, {name: told(name, stored, body) for name in columns})


def body_of(stored: Stored) -> Body:
    """Return a document's bytes: of a response what HTTP carried, else all.

    Raises:
        PageError: HTTP's part cannot be read.
    """
    content_type, _, more = stored.headers.get("Content-Type", "").lower().partition(";")
    if content_type.strip() == "application/http":
        return http_body(stored.content)
    charset = more.partition("charset=")[2].strip(' "') or None
    return Body(stored.content, content_type.strip(), charset)


def told(name: str, stored: Stored, body: Body) -> str | None:
    """Return what a record says under a name of ours or under a header's."""
    if name == "content_type":
        return body.content_type or None
    if name == "language":
        return stored.headers.get("WARC-Identified-Content-Language") or body.language
    return stored.headers.get(HEADERS.get(name, name))
