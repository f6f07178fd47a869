"""Texts as they were read, from the inputs of a finished job where these are still there."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gemsieve.pipeline.inspector.output import Output
from gemsieve.pipeline.reading.files import InputError
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import Slice, plan

TEXTS = 64  # that are remembered


class Original(NamedTuple):
    """A text as it was read, or why there was none to read."""

    text: str | None
    fault: str | None


class Originals:
    """Finds a record's text in the inputs by its id; safe among threads."""

    def __init__(self, output: Output, patterns: Sequence[str]) -> None:
        """Plan the inputs.

        Raises:
            InputError: They cannot be read, or are not those of the job.
        """
        said = output.settings
        self._field = str(said.get("text_field", "text"))
        self._slices: dict[str, list[Slice]] = {}
        encoding, by_line = said.get("encoding", ""), said.get("by_line", False)
        for piece in plan(patterns, encoding=encoding, by_line=by_line):
            self._slices.setdefault(piece.source, []).append(piece)
        self._lock = threading.Lock()
        # Where reading stopped: records are mostly asked for in the order of the input.
        self._piece: Slice | None = None
        self._rest: Iterator[Record | Broken] = iter(())
        self._next = 0
        self._texts: OrderedDict[str, Original | None] = OrderedDict()
        self._prove(output)

    def _prove(self, output: Output) -> None:
        if not output.inputs or "limit" in output.settings:  # then files are told of in part
            return
        sizes = {entry["name"]: entry["bytes"] for entry in output.inputs}
        for name, pieces in self._slices.items():
            if name not in sizes:
                known = ", ".join(list(sizes)[:3])
                raise InputError(f"--input {name}: the job read no such file, but {known}, ...")
            if sum(piece.size for piece in pieces) != sizes[name]:
                raise InputError(f"--input {name}: changed since the job read it")

    def of(self, record: str) -> Original | None:
        """Return the text of an id such as `a.jsonl:17`, None where the inputs have none such."""
        with self._lock:
            if record in self._texts:
                self._texts.move_to_end(record)
                return self._texts[record]
            found = self._read(record)
            self._texts[record] = found
            if len(self._texts) > TEXTS:
                self._texts.popitem(last=False)
            return found

    def _read(self, record: str) -> Original | None:
        from gemsieve.pipeline.reading.read import read

        source, _, said = record.rpartition(":")
        number = int(said)
        pieces = [piece for piece in self._slices.get(source, ()) if piece.first <= number]
        if not pieces:
            return None
        if pieces[-1] is not self._piece or number < self._next:
            self._piece, self._rest = pieces[-1], read(pieces[-1], self._field, (), Meter())
        for found in self._rest:
            self._next = found.number + 1
            if found.number == number:
                if isinstance(found, Broken):
                    return Original(None, found.fault)
                return Original(found.text, None)
        self._piece = None
        return None
