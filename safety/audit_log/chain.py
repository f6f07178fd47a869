"""A chain of records: each carries a link that only the holder of the key can make.

A record is one line, a JSON object. Its link is HMAC-SHA256 (RFC 2104) of the link before it and
of the line's bytes up to the link, under a key of the writer's own. So nobody without the key can
change, take out, add or move a record, or bring one over from another writer, unseen.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gemsieve.filters.operators.key import Key

BEFORE, AFTER = b',"link":"', b'"}'
LINK = len(BEFORE) + 2 * hashlib.sha256().digest_size + len(AFTER)


@dataclass(frozen=True)
class Place:
    """Where a chain has come to: how many records it has, and the link of the last."""

    count: int
    link: str


class Chain:
    """The chain of one writer."""

    def __init__(self, key: Key, writer: int) -> None:
        self.writer = writer
        self._key = key.derive("audit-log chain", str(writer))
        self.start = Place(0, self._link("", b""))

    def add(self, place: Place, record: Mapping[str, Any]) -> tuple[bytes, Place]:
        """Return the line of a record that is next, and the place after it."""
        numbered = {"writer": self.writer, "number": place.count, **record}
        body = json.dumps(numbered, separators=(",", ":")).encode("ascii").removesuffix(b"}")
        link = self._link(place.link, body)
        return body + BEFORE + link.encode() + AFTER + b"\n", Place(place.count + 1, link)

    def follow(self, place: Place, line: bytes) -> Place | None:
        """Return the place after a line that was read, or None where it is not what was added."""
        body, end = line[:-LINK], line[-LINK:]
        link = self._link(place.link, body)
        if not hmac.compare_digest(end, BEFORE + link.encode() + AFTER):
            return None
        return Place(place.count + 1, link)

    def fault(self, place: Place, line: bytes, later: Iterator[bytes]) -> str:
        """Say what is wrong with the line of a record that does not follow."""
        said = number(line)
        if said is None:
            return "is no record"
        writer, count = said
        if writer != self.writer:
            return f"is one of writer {writer}"
        if count < place.count:
            return f"is record {count} once more, or moved"
        if count == place.count:
            return "was changed"
        if (self.writer, place.count) in map(number, later):
            return "was moved"
        return "is missing" + f", and all up to {count - 1}" * (count > place.count + 1)

    def _link(self, before: str, body: bytes) -> str:
        return hmac.digest(self._key, before.encode() + body, "sha256").hex()


def number(line: bytes) -> tuple[int, int] | None:
    """Return the writer and the number that a line claims; None where it is no record."""
    record = read(line)
    return None if record is None else (record["writer"], record["number"])


def read(line: bytes) -> dict[str, Any] | None:
    """Return the record that a line holds, unproven; None where it holds none."""
    try:
        record: dict[str, Any] = json.loads(line)
        return {**record, "writer": int(record["writer"]), "number": int(record["number"])}
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
