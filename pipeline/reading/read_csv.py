"""Read CSV and TSV: a header, then rows; quoted cells may hold line breaks (RFC 4180)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gemsieve.pipeline.reading import record
from gemsieve.pipeline.reading.compression import is_damage
from gemsieve.pipeline.reading.lines import Lines, opened
from gemsieve.pipeline.reading.record import Broken, Fault, Meter, Record, checked
from gemsieve.pipeline.reading.slices import Slice

DELIMITERS = {"csv": ",", "tsv": "\t"}


class TooLargeError(Exception):
    """A row goes beyond the limit before it ends."""


class Rows:
    """A slice's rows, the header among them, by the standard parser and in bounded memory."""

    def __init__(self, lines: Lines, kind: str) -> None:
        # The library's limit is of a cell, and for all its readers; a row's size is ours to hold.
        csv.field_size_limit(2 * record.MAX_LINE_BYTES)
        self.passed = 0  # bytes of the rows so far
        self._lines = lines
        self._delimiter = DELIMITERS[kind]
        self._parsed = self._parser()

    def next(self) -> list[str] | Fault | None:
        """Return a row, what is wrong with it, or None at the end."""
        self._size = self._quotes = 0  # of this row
        self._undecodable = False
        try:
            cells = next(self._parsed, None)
        except TooLargeError:
            self._skip()
            self._parsed = self._parser()
            return "too_large"
        except csv.Error:
            return "malformed_csv"
        finally:
            self.passed += self._size
        return "invalid_utf8" if self._undecodable else cells

    def _parser(self) -> Iterator[list[str]]:
        return csv.reader(self._texts(), delimiter=self._delimiter, strict=True)

    def _texts(self) -> Iterator[str]:
        following, most = self._lines.next, record.MAX_LINE_BYTES
        while True:
            line, size = following()
            self._size += size
            self._quotes += self._lines.quotes if line is None else line.count(b'"')
            if line is None or self._size > most:
                raise TooLargeError
            if not line:
                return
            try:
                yield line.decode()
            except UnicodeDecodeError:
                self._undecodable = True
                yield line.decode("utf-8", "replace")

    def _skip(self) -> None:
        """Pass by the rest of a large row: it ends with the line that closes its last quote."""
        while self._quotes % 2:
            line, size = self._lines.next()
            self._size += size
            self._quotes += self._lines.quotes if line is None else line.count(b'"')
            if not size:
                return


def read_csv(
    piece: Slice, text_field: str, columns: Sequence[str], meter: Meter
) -> Iterator[Record | Broken]:
    """Yield the rows of a slice; what breaks off a stream is one more record, truncated."""
    number = piece.first
    with opened(piece) as lines:
        rows = Rows(lines, piece.kind)
        try:
            header = header_of(piece) if piece.start else rows.next()
            if isinstance(header, str):
                yield Broken(number, "unreadable_file")
                return
            while (row := rows.next()) is not None:
                meter.bytes = rows.passed
                yield parse(number, header or [], row, text_field, columns)
                number += 1
        except Exception as error:
            if not is_damage(error):
                raise
            yield Broken(number, "truncated_input")


def header_of(piece: Slice) -> list[str] | Fault | None:
    """Return the names in the first row of a slice's file."""
    with opened(replace(piece, start=0, end=None)) as lines:
        return Rows(lines, piece.kind).next()


def parse(
    number: int,
    header: list[str],
    row: list[str] | Fault,
    text_field: str,
    columns: Sequence[str],
) -> Record | Broken:
    """Return a row as a record."""
    if isinstance(row, str):
        return Broken(number, row)
    if not row:
        return Broken(number, "blank_line")
    if len(row) != len(header):
        return Broken(number, "ragged_row")
    if any(header.count(name) > 1 for name in (text_field, *columns)):
        return Broken(number, "ambiguous_column")
    cells = dict(zip(header, row, strict=True))
    return checked(number, cells.get(text_field), {name: cells.get(name) for name in columns})
