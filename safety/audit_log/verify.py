"""Whether a log is what was written: every chain followed from its start to its head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain as joined
from pathlib import Path
from typing import final

from gemsieve.filters.operators.key import Key
from gemsieve.safety.audit_log.chain import Chain, Place
from gemsieve.safety.audit_log.head import Heads
from gemsieve.safety.audit_log.store import AuditLogError, Store


@dataclass(frozen=True)
class Account:
    """What is to be said of one writer.

    Attributes:
        records: How many follow each other from the first on.
        fault: What is wrong first; None where nothing is.
        torn: Bytes of a last record that was never ended, as a crash leaves it: of no record that
            anybody was told of.
        unsealed: Records after the newest head, as a crash between the two leaves them.
    """

    writer: int
    records: int = 0
    fault: str | None = None
    torn: int = 0
    unsealed: int = 0


def verify(store: Store, key: Key, heads: Sequence[Path]) -> list[Account]:
    """Return an account of each writer that has records or a head.

    Args:
        store: The log.
        key: With which it was written.
        heads: Folders of heads: those of the server, and copies from any time. Every head must be
            on its chain still.

    Raises:
        AuditLogError: There is no log.
    """
    known = [Heads(one, key) for one in heads]
    named = {*store.writers(), *joined.from_iterable(one.writers() for one in known)}
    # Writers are numbered without gaps.
    every = sorted({*named, *range(len(named))})
    return [Walk(store, Chain(key, writer), known).account() for writer in every]


@final
class Walk:
    """One way along the chain of a writer."""

    def __init__(self, store: Store, chain: Chain, heads: Sequence[Heads]) -> None:
        self._store, self._chain, self._heads = store, chain, heads
        self._torn = 0
        self.place = chain.start

    def account(self) -> Account:
        """Follow it, and say what was met."""
        writer = self._chain.writer
        try:
            marks = [head for one in self._heads if (head := one.read(writer)) is not None]
        except AuditLogError as error:
            return Account(writer, fault=str(error))
        # After the heads: a server that writes meanwhile is ahead of them, never behind.
        rest = self._store.lines(writer)
        if not marks:
            missing = "head" if next(rest, None) is not None else "records and no head"
            return Account(writer, fault=f"has no {missing}")
        fault = self._follow(rest, {mark.count: mark for mark in marks}) or self._short(marks)
        return Account(
            writer,
            self.place.count,
            fault,
            self._torn,
            max(0, self.place.count - max(mark.count for mark in marks)),
        )

    def _follow(self, rest: Iterator[bytes], marks: dict[int, Place]) -> str | None:
        for line in rest:
            if not line.endswith(b"\n"):
                return self._end(line, rest)
            after = self._chain.follow(self.place, line[:-1])
            if after is None:
                fault = self._chain.fault(self.place, line, rest)
                added = self.place.count >= max(marks) and fault == "was changed"
                return (
                    f"record {self.place.count} {'was added without the key' if added else fault}"
                )
            self.place = after
            if after != marks.get(after.count, after):
                return f"record {after.count - 1} is not the one that a head names"
        return None

    def _end(self, line: bytes, rest: Iterator[bytes]) -> str | None:
        """Take a line that was never ended: nothing may come after it."""
        if next(rest, None) is not None:
            return f"record {self.place.count} was cut"
        self._torn = len(line)
        return None

    def _short(self, marks: Sequence[Place]) -> str | None:
        most = max(mark.count for mark in marks)
        if self.place.count >= most:
            return None
        return f"was cut at its end: records {self.place.count} to {most - 1} are missing"
