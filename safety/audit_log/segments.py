"""A log in files: a folder a writer, in it files of lines, each named by its first record."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gemsieve.safety.audit_log.store import AuditLogError

# A file is ended once it has so many bytes: some 150,000 records.
FULL = 64 << 20


@dataclass(frozen=True)
class Segments:
    """The log in a folder; a file is ended once it has `full` bytes."""

    folder: Path
    full: int = FULL

    def writers(self) -> set[int]:
        """Return the numbers of the folders."""
        if not self.folder.is_dir():
            raise AuditLogError(f"{self.folder}: there is no audit log")
        return {int(one.name) for one in self.folder.iterdir() if one.name.isdecimal()}

    def lines(self, writer: int) -> Iterator[bytes]:
        """Yield the lines of the files, one file after the other."""
        for path in files(self.folder / str(writer)):
            with path.open("rb") as file:
                yield from file

    def claim(self) -> SegmentWriter:
        """Take the first folder that is not locked."""
        writer = 0
        while (lock := self._lock(self.folder / str(writer))) is None:
            writer += 1
        return SegmentWriter(writer, self.folder / str(writer), lock, self.full)

    def _lock(self, home: Path) -> int | None:
        try:
            make(home)
            lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise AuditLogError(f"{home}: cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock


class SegmentWriter:
    """Appends to the last file of a folder, and begins another where that is full."""

    def __init__(self, number: int, home: Path, lock: int, full: int) -> None:
        self.number = number
        self._home, self._lock, self._full = home, lock, full
        self._file: int | None = None

    def mend(self) -> int:
        """Cut the last file."""
        if not (found := files(self._home)):
            return 0
        with found[-1].open("r+b") as file:
            data = file.read()
            kept = data.rfind(b"\n") + 1
            if kept < len(data):
                file.truncate(kept)
                os.fsync(file.fileno())
        return len(data) - kept

    def append(self, lines: Sequence[bytes], first: int) -> None:
        """Write, and wait for the disk."""
        file = self._room(first)
        left = memoryview(b"".join(lines))
        while left:
            left = left[os.write(file, left) :]
        os.fsync(file)

    def close(self) -> None:
        """Let go of the file and of the lock."""
        for handle in (self._file, self._lock):
            if handle is not None:
                os.close(handle)

    def _room(self, first: int) -> int:
        """Return a file that has room, whose first record would have this number."""
        if self._file is None:
            found = files(self._home)
            self._file = self._open(found[-1] if found else self._named(first))
        elif os.fstat(self._file).st_size >= self._full:
            os.close(self._file)
            self._file = self._open(self._named(first))
        return self._file

    def _named(self, first: int) -> Path:
        return self._home / f"{first:012}.jsonl"

    def _open(self, path: Path) -> int:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        sync_folder(self._home)
        return file


def files(home: Path) -> list[Path]:
    """Return the files of a writer, in order."""
    return sorted(home.glob("*.jsonl"))


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
