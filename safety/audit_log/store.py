"""Where a log lies: what reads and appends its lines, whatever holds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

SCHEMES = ("postgresql://", "postgres://")


class AuditLogError(ValueError):
    """An audit log cannot be written or read, or is not what was written; says why."""


class Writer(Protocol):
    """One who appends: nobody else is the same writer meanwhile."""

    @property
    def number(self) -> int:
        """Which one; writers are numbered from 0, without gaps."""

    def mend(self) -> int:
        """Cut off a last line that was never ended, and return how many bytes it had."""

    def append(self, lines: Sequence[bytes], first: int) -> None:
        """Add lines, of which the first has this number; on return they are on the disk."""

    def close(self) -> None:
        """Let another be this writer."""


class Store(Protocol):
    """A log. Each of these raises AuditLogError where the log cannot be reached."""

    def writers(self) -> set[int]:
        """Return the writers that are known here."""

    def lines(self, writer: int) -> Iterator[bytes]:
        """Yield the lines of a writer, in order; only one that was never ended lacks its end."""

    def claim(self) -> Writer:
        """Become the first writer that nobody is now."""


def open_store(place: str) -> Store:
    """Return the log in a folder, or at the URL of a PostgreSQL database.

    Raises:
        ModuleNotFoundError: psycopg is not installed.
    """
    if place.startswith(SCHEMES):
        from gemsieve.safety.audit_log.table import Table

        return Table(place)
    from gemsieve.safety.audit_log.segments import Segments

    return Segments(Path(place))
