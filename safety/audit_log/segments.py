"""The files of a log: a folder a writer, in it files of lines, each named by its first record."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

# A file is ended once it has so many bytes: some 150,000 records.
FULL = 64 << 20


class AuditLogError(ValueError):
    """An audit log cannot be written or read, or is not what was written; says why."""


def writers(folder: Path) -> list[int]:
    """Return the numbers of the writers that have records here."""
    return sorted(int(one.name) for one in folder.iterdir() if one.name.isdecimal())


def segments(folder: Path, writer: int) -> list[Path]:
    """Return the files of a writer, in order."""
    return sorted((folder / str(writer)).glob("*.jsonl"))


def lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file; only one that was never ended lacks its end."""
    with path.open("rb") as file:
        yield from file


def claim(folder: Path) -> tuple[int, int]:
    """Return the first writer that no process is now, and a lock that makes this process it.

    Raises:
        AuditLogError: The folder cannot be written.
    """
    writer = 0
    while True:
        home = folder / str(writer)
        try:
            make(home)
            lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise AuditLogError(f"{home}: cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            writer += 1
            continue
        return writer, lock


class Segment:
    """The file that a writer appends to; ended when it is full, and another begun."""

    def __init__(self, home: Path, first: int, full: int = FULL) -> None:
        """Go on with the last file, or begin one whose first record has this number."""
        self._home, self._full = home, full
        found = sorted(home.glob("*.jsonl"))
        self._file = self._open(found[-1] if found else self._named(first))

    def append(self, data: bytes, next_record: int) -> None:
        """Add whole lines; on return they are on the disk.

        Args:
            data: The lines.
            next_record: The number of the first of them.
        """
        if os.fstat(self._file).st_size >= self._full:
            self.close()
            self._file = self._open(self._named(next_record))
        left = memoryview(data)
        while left:
            left = left[os.write(self._file, left) :]
        os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _named(self, first: int) -> Path:
        return self._home / f"{first:012}.jsonl"

    def _open(self, path: Path) -> int:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        sync_folder(self._home)
        return file


def mend(path: Path) -> int:
    """Cut off a last line that was never ended, and return how many bytes it had."""
    with path.open("r+b") as file:
        data = file.read()
        kept = data.rfind(b"\n") + 1
        if kept < len(data):
            file.truncate(kept)
            os.fsync(file.fileno())
    return len(data) - kept


def make(folder: Path) -> None:
    """Make a folder that its owner alone can read, where there is none, and have the disk know."""
    if not folder.exists():
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Have the disk know the names in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
