"""Stock Presidio over a sample of a job's output: what it still suspects is counted, not proven."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from gemsieve.filters.pii.entities import STOCK
from gemsieve.filters.pii.stock import stock
from gemsieve.pipeline.leak.scope import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from gemsieve.filters.pii.overlap import Hit

PASSAGE = 1000  # characters of each value of a sampled record: it reads 0.1 to 0.4 MB/s
RENEWED = 16_000_000  # characters after which its vocabulary, 3 bytes for each, is let go
PIECE = 100_000  # characters at once where every record is read


class StockCheck:
    """Stock recognizers of some entities, and what of their findings counts."""

    def __init__(self, entities: Sequence[str], limits: Limits) -> None:
        self.limits = limits
        self.covered = [entity for entity in entities if entity in STOCK]
        self._hits: Callable[[str], list[Hit]] | None = None
        self._left = 0

    def found(self, text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """Yield entity and place of what it finds in a part of a text and what counts."""
        if not self.covered:
            return
        if self._hits is None or self._left <= 0:
            self._hits, self._left = stock(self.covered), RENEWED
        self._left -= end - start
        for hit in self._hits(text[start:end]):
            if self.limits.counts(hit.entity, hit.score):
                yield hit.entity, start + hit.start, start + hit.end


def hashed(record: str) -> int:
    """Return a number that a record's id decides, spread evenly over 0 .. 2^64 - 1."""
    digest = hashlib.blake2b(record.encode(), digest_size=8, person=b"gemsieve sample")
    return int.from_bytes(digest.digest())


def sample(records: Iterable[str], quota: int) -> frozenset[str]:
    """Return the ids whose hashes are the smallest: the same for any order of the records."""
    return frozenset(heapq.nsmallest(quota, records, key=hashed))


def quotas(sizes: Sequence[int], records: int | None) -> list[int | None]:
    """Divide a number of records among slices by their size; None, for all, stays so."""
    if records is None:
        return [None] * len(sizes)
    whole = max(1, sum(sizes))
    read, given, parts = 0, 0, list[int | None]()
    for size in sizes:
        read += size
        parts.append(records * read // whole - given)
        given = records * read // whole
    return parts


def passage(text: str, record: str) -> tuple[int, int]:
    """Return the place of a passage that the record's id chooses, ends at white space if near."""
    if len(text) <= PASSAGE:
        return 0, len(text)
    start = hashed(record) % (len(text) - PASSAGE + 1)
    return cut(text, start, start + PASSAGE)


def cut(text: str, start: int, end: int) -> tuple[int, int]:
    """Draw the ends of a part together to white space where there is some in the outer tenths."""
    tenth = (end - start) // 10
    if start > 0:
        space = text.find(" ", start, start + tenth)
        start = start if space < 0 else space
    if end < len(text):
        space = text.rfind(" ", end - tenth, end)
        end = end if space < 0 else space
    return start, end


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of parts that make up a text, cut at white space."""
    start = 0
    while start < len(text):
        end = cut(text, start, min(start + PIECE, len(text)))[1]
        yield start, end
        start = end
