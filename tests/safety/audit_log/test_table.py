"""A log in PostgreSQL is the same log: tested against a server, where one is installed."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from tests.safety.audit_log.conftest import KEY, Logged

from gemsieve.cli import main
from gemsieve.filters import Filter
from gemsieve.safety.audit_log import (
    AuditLog,
    AuditLogError,
    Entries,
    Wanted,
    open_store,
    search,
    verify,
)
from gemsieve.safety.audit_log.store import Store

NAME = "postgres"


def programs() -> Path | None:
    """Return the folder of a server's programs."""
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


@dataclass(frozen=True)
class Database:
    """A server of our own."""

    url: str

    def run(self, statement: str) -> None:
        """Do what somebody with the database may."""
        with psycopg.connect(self.url) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """A server on a socket in a folder; it refuses to be root's, so it is somebody else's then."""
    if (home := programs()) is None:
        pytest.skip("PostgreSQL's server is not installed")
    user = NAME if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp())
    if user:
        shutil.chown(folder, user)
    subprocess.run(
        [home / "initdb", "-D", folder / "data", "-U", NAME, "-A", "trust", "--no-sync"],
        check=True,
        capture_output=True,
        cwd=folder,
        user=user,
    )
    line = [str(home / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
    line += ["-c", "listen_addresses="]
    with subprocess.Popen(line, user=user, cwd=folder, stderr=subprocess.DEVNULL) as process:
        url = f"postgresql:///{NAME}?host={folder}&user={NAME}"
        try:
            until_open(url)
            yield Database(url)
        finally:
            process.terminate()
    shutil.rmtree(folder)


def until_open(url: str) -> None:
    """Wait until the server answers."""
    for _ in range(600):
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError


@dataclass(frozen=True)
class Kept:
    """A log in the database, and its heads."""

    store: Store
    heads: Path
    judge: Filter

    def open(self) -> AuditLog:
        """Return a writer."""
        return AuditLog(self.store, self.heads, KEY, Entries(KEY, "0" * 64))

    def record(self, log: AuditLog, *texts: str) -> None:
        """Record what is decided of a request."""
        asyncio.run(log(Logged(self.heads, self.judge).judged(*texts)))

    def faults(self) -> list[str | None]:
        """Return what is wrong with each writer."""
        return [account.fault for account in verify(self.store, KEY, [self.heads])]


@pytest.fixture
def kept(database: Database, plain_filter: Filter, tmp_path: Path) -> Kept:
    """A log that is yet to be written."""
    database.run("DROP TABLE IF EXISTS gemsieve_audit_log")
    return Kept(open_store(database.url), tmp_path / "heads", plain_filter)


def test_writers_of_a_database_are_kept_apart_and_go_on(
    database: Database,
    kept: Kept,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two at once are two writers, restarted the same two; the commands read them by the URL."""
    with pytest.raises(AuditLogError, match="there is no audit log"):
        kept.faults()
    for _ in range(2):
        with kept.open() as first, kept.open() as second:
            assert (first.writer, second.writer) == (0, 1)
            kept.record(first, "bad", "fine")
    assert kept.faults() == [None, None]
    drops = [json.loads(line)["number"] for line in search(kept.store, Wanted(action="drop"))]
    assert drops == [1, 4]
    monkeypatch.setenv("GEMSIEVE_AUDIT_KEY", bytes(range(32)).hex())
    assert main(["audit-log", "verify", database.url, "--heads", str(kept.heads)]) == 0
    assert "writer 0: 6 records, all as they were written" in capsys.readouterr().out
    assert main(["audit-log", "verify", database.url]) == 2
    assert "say where the heads" in capsys.readouterr().err


def test_a_lost_session_answers_nothing_more(database: Database, kept: Kept) -> None:
    """Cut off, the writer refuses; opened again, the log is right and without what was refused."""
    with kept.open() as log:
        kept.record(log, "fine")
        database.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        for _ in range(2):
            with pytest.raises(AuditLogError, match="cannot be written"):
                kept.record(log, "bad")
    with kept.open():
        assert kept.faults() == [None]
    assert not [*search(kept.store, Wanted(action="drop"))]


def test_who_may_only_add_and_read_can_serve(database: Database, kept: Kept) -> None:
    """A log that stands can be gone on with by a user who can neither change nor make anything."""
    with kept.open():
        pass
    database.run("CREATE ROLE server LOGIN")
    database.run("GRANT INSERT, SELECT ON gemsieve_audit_log TO server")
    theirs = Kept(open_store(f"{database.url}&user=server"), kept.heads, kept.judge)
    with theirs.open() as log:
        theirs.record(log, "bad")
    assert theirs.faults() == [None]
    with psycopg.connect(f"{database.url}&user=server") as connection:
        for statement in ("DELETE FROM", "TRUNCATE"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"{statement} gemsieve_audit_log".encode())
            connection.rollback()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("DELETE FROM gemsieve_audit_log WHERE number = 2", "records 2 to 2 are missing"),
        ("DELETE FROM gemsieve_audit_log WHERE number = 1", "record 1 is missing"),
        (
            "UPDATE gemsieve_audit_log SET line = replace(line, '\"drop\"', '\"keep\"')",
            "record 1 was changed",
        ),
    ],
)
def test_what_is_changed_in_a_database_is_named(
    database: Database, kept: Kept, change: str, fault: str
) -> None:
    """As in files; and a writer does not go on with it."""
    with kept.open() as log:
        kept.record(log, "bad", "fine")
    database.run(change)
    (found,) = kept.faults()
    assert found
    assert fault in found
    with pytest.raises(AuditLogError, match=fault):
        kept.open()


def test_a_database_that_is_not_there_is_told_without_its_address() -> None:
    """The kind of error, and no word of the URL, which may hold a password."""
    store = open_store("postgresql://me:zanzibar@localhost:1/none")
    for ask in (store.writers, store.claim):
        with pytest.raises(AuditLogError) as caught:
            ask()
        assert str(caught.value) == "the database: OperationalError"
