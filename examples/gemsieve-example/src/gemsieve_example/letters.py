"""A reader: a mailbox in the mbox form is a record a letter."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from email.message import Message


def letters(path: str) -> Iterator[dict[str, str | None]]:
    """Yield each letter's text and headings, in the order of the file."""
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            letter = box.get_message(key)
            heading = {name.lower(): value for name, value in letter.items()}
            yield {**heading, "text": body(letter)}
    finally:
        box.close()


def body(letter: Message) -> str | None:
    """Return the first part in plain text, None where there is none."""
    for part in letter.walk():
        if part.get_content_type() == "text/plain":
            content = part.get_payload(decode=True)
            charset = part.get_content_charset("utf-8")
            return content.decode(charset, "replace") if isinstance(content, bytes) else None
    return None
