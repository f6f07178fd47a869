"""Values that a user planted, or knows, and that must not be in a job's output."""

from __future__ import annotations

import codecs
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gemsieve.filters.literals import Literals
from gemsieve.pipeline.reading.slices import InputError


@dataclass(frozen=True)
class Planted:
    """Values to look for, told by the numbers of their lines, from 1, and never by themselves."""

    lines: tuple[int, ...]
    values: tuple[str, ...]

    @cached_property
    def _literals(self) -> Literals:
        return Literals(self.values)

    def found(self, text: str) -> set[int]:
        """Return the lines whose values occur in a text, exactly as they are."""
        return {self.lines[number] for number in self._literals.found(text)}


def read_planted(path: str) -> Planted:
    """Read a text file of values, one a line; blank lines are passed over.

    Raises:
        InputError: The file cannot be read, a line is not UTF-8, or it holds no value.
    """
    lines: list[int] = []
    values: list[str] = []
    try:
        content = Path(path).read_bytes().removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise InputError(f"{path}: cannot read the planted values: {error.strerror}") from None
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            value = line.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            raise InputError(f"{path}: line {number}: not UTF-8") from None
        if value.strip():
            lines.append(number)
            values.append(value)
    if not values:
        raise InputError(f"{path}: holds no planted values; write one a line")
    return Planted(tuple(lines), tuple(values))


def mark(path: str) -> list[int]:
    """Return a file's bytes and time of change: what tells that it is another, and no content.

    A digest of few short values could be turned back into them.
    """
    status = os.stat(path)
    return [status.st_size, status.st_mtime_ns]
