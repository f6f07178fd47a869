"""Writes the log: an answer leaves when its record, and the head after it, are on the disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self, final

from gemsieve.filters.operators.key import Key
from gemsieve.safety.audit_log.chain import Chain
from gemsieve.safety.audit_log.entry import Entries, now
from gemsieve.safety.audit_log.head import Heads
from gemsieve.safety.audit_log.segments import make
from gemsieve.safety.audit_log.store import AuditLogError, Store
from gemsieve.safety.audit_log.verify import Walk

if TYPE_CHECKING:
    from gemsieve.safety.api.service import Answered, Judged

log = logging.getLogger(__name__)

Records = Sequence[Mapping[str, Any]]


@final
class AuditLog:
    """One writer of a log, in a thread; what comes while it waits for the disk is written together.

    Attributes:
        writer: Which one.
        torn: Bytes of a last record that were cut off because a crash had left it unfinished.
    """

    def __init__(self, store: Store, heads: Path, key: Key, entries: Entries) -> None:
        """Go on where the first writer that nobody is now has stopped, or begin one.

        Args:
            store: The log; made if there is none.
            heads: Where heads lie; made if there is none.
            key: Of the chain.
            entries: Says what is kept of a decision.

        Raises:
            AuditLogError: It cannot be written, or is not what was written.
        """
        self._entries = entries
        self._waiting: list[tuple[Judged | Answered, Future[None]]] = []
        self._guard = Lock()
        self._to = store.claim()
        self.writer = self._to.number
        try:
            self._begin(store, heads, key)
        except OSError as error:
            self._to.close()
            raise AuditLogError(f"{error.filename}: cannot be written: {error.strerror}") from None
        except AuditLogError:
            self._to.close()
            raise
        self._pool = ThreadPoolExecutor(1, "audit-log")
        self._broken = False

    def _begin(self, store: Store, heads: Path, key: Key) -> None:
        make(heads)
        self._chain, self._heads = Chain(key, self.writer), Heads(heads, key)
        self._place, self.torn = self._chain.start, 0
        begun = next(store.lines(self.writer), None) is not None
        if not begun and self._heads.read(self.writer) is None:
            # A chain has a head before its first record, so that none without one is ever right.
            self._heads.write(self.writer, self._place)
        else:
            walk = Walk(store, self._chain, [self._heads])
            account = walk.account()
            if account.fault is not None:
                raise AuditLogError(
                    f"writer {self.writer}: {account.fault}; keep the log as it is for whoever "
                    "looks into it, and begin another"
                )
            self._place, self.torn = walk.place, self._to.mend()
        self._write([{"time": now(), "event": "start", "torn": self.torn}])

    async def __call__(self, decided: Judged | Answered) -> None:
        """Record what was decided; it is on the disk when this returns.

        Raises:
            AuditLogError: It could not be recorded, now or before: nothing may be answered then.
        """
        future: Future[None] = Future()
        with self._guard:
            self._waiting.append((decided, future))
        self._pool.submit(self._commit)
        await asyncio.wrap_future(future)

    def _commit(self) -> None:
        """Write all that waits; whoever finds nothing was written along with others."""
        with self._guard:
            taken, self._waiting = self._waiting, []
        if not taken:
            return
        failure: AuditLogError | None = None
        try:
            self._check()
            self._write([entry for decided, _ in taken for entry in self._entries(decided)])
        except Exception as error:
            self._broken = True
            log.error("the audit log cannot be written: %s", type(error).__name__)
            failure = AuditLogError("the audit log cannot be written")
        for _, future in taken:
            if not future.set_running_or_notify_cancel():
                continue
            if failure is None:
                future.set_result(None)
            else:
                future.set_exception(failure)

    def _check(self) -> None:
        """After an error of the disk nobody knows what is on it, until the log is opened again."""
        if self._broken:
            raise AuditLogError("it has failed before")

    def _write(self, records: Records) -> None:
        written, place = [], self._place
        for record in records:
            line, place = self._chain.add(place, record)
            written.append(line)
        self._to.append(written, self._place.count)
        self._heads.write(self.writer, place)
        self._place = place

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Write what waits, and let another process be this writer."""
        self._pool.shutdown()
        self._to.close()
