"""What a person said of verdicts and findings: an embedded database beside the output.

No text is in it but the person's notes. The file is made with the first mark.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Literal

FORMAT = 1
ENDING = ".marks.sqlite"

Verdict = Literal["right", "wrong", "missed"]

SCHEMA = """
CREATE TABLE book (digest TEXT NOT NULL);
CREATE TABLE mark (
    id INTEGER PRIMARY KEY,
    record INTEGER NOT NULL,
    reasons TEXT NOT NULL,
    label TEXT, first INTEGER, last INTEGER,
    verdict TEXT NOT NULL CHECK (verdict IN ('right', 'wrong', 'missed')),
    meant TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX mark_by_record ON mark (record);
"""
ADD = """
INSERT INTO mark (record, reasons, label, first, last, verdict, meant, note)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
# Of several marks on one thing the last one counts; those before are kept, for `undo`.
ALL = """
SELECT record, reasons, label, first, last, verdict, meant, note FROM mark
WHERE id IN (SELECT max(id) FROM mark GROUP BY record, label, first, last)
ORDER BY record, id
"""
SOME = ALL.replace("ORDER", "AND record IN (SELECT value FROM json_each(?)) ORDER")


class MarksError(Exception):
    """The marks cannot be kept, or are of another output; names their file and what to do."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One person's word on a record's verdict, or on one of its findings.

    Attributes:
        record: The record's number in the output.
        reasons: The labels that caused what was done with it; none where it was kept as it was.
        label, start, end: The finding that is meant; all None for the verdict.
        verdict: What the person says of it; a `missed` finding is the person's own.
        meant: The label that would have been right, "" for none.
        note: Words of the person's own.
    """

    record: int
    reasons: tuple[str, ...]
    label: str | None
    start: int | None
    end: int | None
    verdict: Verdict
    meant: str = ""
    note: str = ""

    @property
    def place(self) -> tuple[str | None, int | None, int | None]:
        """What of the record is meant."""
        return self.label, self.start, self.end


class Marks:
    """The marks on one output; safe among threads."""

    def __init__(self, path: Path, book: str) -> None:
        """Open the marks of a file, or get ready to make it.

        Raises:
            MarksError: It is no such file, or holds marks on another output than this book's.
        """
        self.path = path
        self._book = book
        self._lock = threading.Lock()
        self._base: sqlite3.Connection | None = None
        if path.exists():
            self._open()

    def add(self, mark: Mark) -> None:
        """Write down a mark.

        Raises:
            MarksError: The file cannot be written.
        """
        row = list(astuple(mark))
        row[1] = json.dumps(mark.reasons)
        with self._lock:
            self._ask(ADD, row, make=True)

    def undo(self) -> int | None:
        """Take back the last mark and return its record; None where there is none.

        Raises:
            MarksError: The file cannot be written.
        """
        with self._lock:
            last = self._ask("SELECT id, record FROM mark ORDER BY id DESC LIMIT 1")
            if not last:
                return None
            ((number, record),) = last
            self._ask("DELETE FROM mark WHERE id = ?", [number])
            return int(record)

    def of(self, records: Sequence[int]) -> list[Mark]:
        """Return the marks that count on these records, in the order of every()."""
        return self._marks(SOME, [json.dumps(list(records))])

    def every(self) -> list[Mark]:
        """Return all marks that count, in the order of records, then as they were made."""
        return self._marks(ALL, [])

    def _marks(self, which: str, values: Sequence[str]) -> list[Mark]:
        with self._lock:
            rows = self._ask(which, values)
        return [Mark(row[0], tuple(json.loads(row[1])), *row[2:]) for row in rows]

    def _ask(self, words: str, values: Iterable[Any] = (), *, make: bool = False) -> list[Any]:
        try:
            if self._base is None and make:
                self._make()
            return self._base.execute(words, tuple(values)).fetchall() if self._base else []
        except sqlite3.Error as error:
            raise MarksError(f"{self.path}: {error}; name another file by --marks") from None

    def _make(self) -> None:
        self.path.touch(mode=0o600, exist_ok=False)
        base = self._connected()
        base.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;")
        base.execute("INSERT INTO book VALUES (?)", (self._book,))
        self._base = base

    def _open(self) -> None:
        base = self._connected()
        try:
            self._prove(base)
        except sqlite3.Error as error:
            base.close()
            raise MarksError(f"{self.path}: {error}; name another file by --marks") from None
        except MarksError:
            base.close()
            raise
        self._base = base

    def _prove(self, base: sqlite3.Connection) -> None:
        ((version,),) = base.execute("PRAGMA user_version").fetchall()
        if version != FORMAT:
            raise MarksError(f"{self.path}: no marks of format {FORMAT}; name another by --marks")
        if base.execute("SELECT digest FROM book").fetchall() != [(self._book,)]:
            raise MarksError(
                f"{self.path}: marks on an output that stood here before; move the file away, or"
                " name another by --marks"
            )

    def _connected(self) -> sqlite3.Connection:
        # Every statement is a transaction of its own, and one lock serves all threads.
        return sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._base is not None:
                self._base.close()
