"""A log in a folder, and decisions to record in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from gemsieve.filters import Batch, Filter
from gemsieve.filters.operators.key import Key
from gemsieve.safety.api.caller import Caller
from gemsieve.safety.api.service import Judged
from gemsieve.safety.audit_log import Account, AuditLog, Entries, Segments, beside, verify

KEY = Key(bytes(range(32)))


@dataclass(frozen=True)
class Logged:
    """A log, its heads, and what opens it."""

    folder: Path
    judge: Filter

    @property
    def heads(self) -> Path:
        """Where its heads lie."""
        return beside(self.folder)

    @property
    def store(self) -> Segments:
        """The log as it is read."""
        return Segments(self.folder)

    def open(self, *, words: bool = False, full: int = 1 << 20) -> AuditLog:
        """Return a writer."""
        entries = Entries(KEY, self.judge.policy.sha256, words)
        return AuditLog(Segments(self.folder, full), self.heads, KEY, entries)

    def judged(self, *texts: str) -> Judged:
        """Return what is decided about the texts of a request."""
        batch = Batch(texts)
        caller = Caller(f"request-{len(texts)}", "/v1/check", "key-1")
        return Judged(caller, "output", batch, self.judge(batch, "output"))

    def write(self, *requests: Sequence[str], full: int = 1 << 20) -> None:
        """Record requests, one after the other."""

        async def record(log: AuditLog) -> None:
            for texts in requests:
                await log(self.judged(*texts))

        with self.open(full=full) as log:
            asyncio.run(record(log))

    def file(self, writer: int = 0) -> Path:
        """Return the first file of a writer."""
        return self.folder / str(writer) / "000000000000.jsonl"

    def verify(self, *copies: Path) -> list[Account]:
        """Return the accounts of all writers."""
        return verify(self.store, KEY, [self.heads, *copies])

    def fault(self, *copies: Path, writer: int = 0) -> str:
        """Return what is wrong with one writer: something has to be."""
        found = self.verify(*copies)[writer].fault
        assert found is not None
        return found


@pytest.fixture
def logged(plain_filter: Filter, tmp_path: Path) -> Logged:
    """A log that is yet to be written."""
    return Logged(tmp_path / "log", plain_filter)


@pytest.fixture(scope="module")
def make_logged(plain_filter: Filter) -> Callable[[Path], Logged]:
    """Make such a log in a folder, for a test that needs many."""
    return lambda folder: Logged(folder / "log", plain_filter)
