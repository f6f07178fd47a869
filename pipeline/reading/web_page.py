"""A page as a crawl stored it: from HTTP's bytes to text, its charset and main content found."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Literal, NamedTuple

from gemsieve.pipeline.reading.record import Fault

# A tree of many times the size is built of a page; crawls cut theirs at one to five MB.
MAX_PAGE_BYTES = 5_000_000

HTML = ("text/html", "application/xhtml+xml")
BOMS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"\xef\xbb": "utf-8"}

# The search for main content takes the square of this depth: 17 s at 8,000, 0.05 s at 500.
MAX_DEPTH = 500
NESTING = re.compile(r"<(/?)(?:div|article)\b", re.IGNORECASE)


class PageError(Exception):
    """A stored document cannot be read."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class Body(NamedTuple):
    """A document's bytes, and what the record or HTTP says of them."""

    content: bytes
    content_type: str | None
    charset: str | None = None
    language: str | None = None


def http_body(content: bytes) -> Body:
    """Return what a response carried, its chunks joined and its compression undone.

    Raises:
        PageError: It is no response, not a successful one, too large or not as it says.
    """
    content = with_line_ends(content)
    try:
        return parsed(content, "all")
    except OSError:  # the body is not what its headers say
        pass
    # Many crawlers undo the encodings and keep the headers that tell of them.
    found = parsed(content, "none")
    if not is_readable(found.content):
        raise PageError("malformed_http")
    return found


def with_line_ends(content: bytes) -> bytes:
    """Return a response whose headers end as HTTP has it; ClueWeb stored bare line feeds."""
    end = content.find(b"\n\n")
    if end < 0 or b"\r\n" in content[:end]:
        return content
    return content[:end].replace(b"\n", b"\r\n") + b"\r\n\r\n" + content[end + 2 :]


def parsed(content: bytes, decode: Literal["all", "none"]) -> Body:
    """Parse a response, undoing `all` its encodings or `none`.

    Raises:
        OSError: The body is not in them.
        PageError: As `http_body`.
    """
    from fastwarc.warc import WarcRecord

    response = WarcRecord()
    response.is_http = True
    response.set_bytes_content(content)
    response.parse_http(auto_decode=decode)
    headers = response.http_headers
    if headers.status_code is None:
        raise PageError("malformed_http")
    if not 200 <= headers.status_code < 300:
        raise PageError("http_status")
    body = response.reader.read(MAX_PAGE_BYTES + 1)
    if len(body) > MAX_PAGE_BYTES:
        raise PageError("too_large")
    content_type = (response.http_content_type or "").lower()
    return Body(body, content_type, response.http_charset, headers.get("Content-Language"))


def text_of(body: Body) -> str:
    """Return a document's text: of HTML the main content, of plain text all.

    Raises:
        PageError: It is neither.
    """
    content_type = body.content_type or mime_of(body.content)
    if content_type in HTML:
        return extracted(decoded(body, html=True))
    if content_type == "text/plain":
        return decoded(body, html=False)
    raise PageError("not_text")


def decoded(body: Body, *, html: bool) -> str:
    """Decode a body, by its mark, else what HTTP says, else HTML, else what it looks like.

    This is the order of the HTML Standard (section 13.2.3.2); bytes that do not fit become U+FFFD.
    """
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding, map_encoding_to_html5

    encoding = BOMS.get(body.content[:2])
    if encoding is None and body.charset:
        encoding = map_encoding_to_html5(body.charset, fallback_utf8=False)
    if encoding is None:
        encoding = detect_encoding(body.content, from_html_meta=html) or "utf-8"
    return bytes_to_str(body.content, encoding, errors="replace", fallback_encodings=())


def extracted(html: str) -> str:
    """Return the main content of a page as text, the whole of a page that is nested too deeply."""
    from resiliparse.extract.html2text import extract_plain_text

    steps = (-1 if slash else 1 for slash in NESTING.findall(html))
    shallow = (
        max(accumulate(steps), default=0) <= MAX_DEPTH if html.count("<") > MAX_DEPTH else True
    )
    return extract_plain_text(
        html, preserve_formatting=True, main_content=shallow, alt_texts=False
    ).strip()


def is_readable(content: bytes) -> bool:
    """Say whether bytes are text as they stand; of a page in GBK only the first tag shows it."""
    begins = content[:64].lstrip().startswith(b"<") and b"\0" not in content
    return begins or mime_of(content).startswith("text/")


def mime_of(content: bytes) -> str:
    """Return the media type that bytes look like; those of no type of text are binary."""
    from resiliparse.parse.encoding import detect_mime

    return detect_mime(content)
