"""A log in a table of PostgreSQL: a row a line; a commit is the disk's word for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from gemsieve.safety.audit_log.store import AuditLogError

Connection = psycopg.Connection[tuple[Any, ...]]

MAKE = """CREATE TABLE IF NOT EXISTS gemsieve_audit_log
(writer integer, number bigint, line text NOT NULL, PRIMARY KEY (writer, number))"""
ADD = "INSERT INTO gemsieve_audit_log (writer, number, line) VALUES (%s, %s, %s)"
READ = "SELECT line FROM gemsieve_audit_log WHERE writer = %s ORDER BY number"
WRITERS = "SELECT DISTINCT writer FROM gemsieve_audit_log"
EXISTS = "SELECT to_regclass('gemsieve_audit_log') IS NOT NULL"
# One lock a writer, in a space of our own: "gems" as a number.
LOCK = "SELECT pg_try_advisory_lock(1734700403, %s)"
SAFE = "SET synchronous_commit = on"


class Table:
    """The log at a URL; errors tell neither the URL nor what the database says, but the kind."""

    def __init__(self, url: str) -> None:
        self._url = url

    def writers(self) -> set[int]:
        """Return the writers that have rows."""
        try:
            with self._connect() as connection:
                if not exists(connection):
                    raise AuditLogError("the database: there is no audit log")
                return {writer for (writer,) in connection.execute(WRITERS)}
        except psycopg.Error as error:
            raise failure(error) from None

    def lines(self, writer: int) -> Iterator[bytes]:
        """Yield the rows, as they stood when they were asked for."""
        try:
            with self._connect() as connection, connection.cursor("lines") as cursor:
                for (line,) in cursor.execute(READ, (writer,)):
                    yield line.encode() + b"\n"
        except psycopg.Error as error:
            raise failure(error) from None

    def claim(self) -> TableWriter:
        """Take the first lock that no session holds; the session that is returned holds it."""
        try:
            connection = self._connect()
            connection.autocommit = True
            connection.execute(SAFE)
            # Who may not make a table may not even where there is one.
            if not exists(connection):
                connection.execute(MAKE)
            writer = 0
            while (row := connection.execute(LOCK, (writer,)).fetchone()) and not row[0]:
                writer += 1
        except psycopg.Error as error:
            raise failure(error) from None
        return TableWriter(writer, connection)

    def _connect(self) -> Connection:
        return psycopg.connect(self._url)


class TableWriter:
    """Appends rows; its session is its lock, so that a lost one cannot write on."""

    def __init__(self, number: int, connection: Connection) -> None:
        self.number = number
        self._connection = connection

    def mend(self) -> int:
        """Return 0: of a transaction nothing is left unfinished."""
        return 0

    def append(self, lines: Sequence[bytes], first: int) -> None:
        """Insert in one transaction, and wait for its commit."""
        rows = [
            (self.number, first + i, line.decode("ascii").removesuffix("\n"))
            for i, line in enumerate(lines)
        ]
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany(ADD, rows)

    def close(self) -> None:
        """End the session."""
        self._connection.close()


def exists(connection: Connection) -> bool:
    """Say whether there is a log."""
    row = connection.execute(EXISTS).fetchone()
    return row is not None and bool(row[0])


def failure(error: psycopg.Error) -> AuditLogError:
    """Return what is told of an error: its kind."""
    return AuditLogError(f"the database: {type(error).__name__}")
