"""Answers that grow: a question is put to one row group after another, in the background."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from random import Random

from gemsieve.pipeline.inspector.output import Group, Output
from gemsieve.pipeline.inspector.query import Query

SCANS = 8  # that are remembered
SAMPLE = 1000  # records drawn at most: more than anybody looks at


class Scan:
    """The numbers of the records that answer a question, found so far; safe among threads."""

    def __init__(self, output: Output, query: Query) -> None:
        self.query = query
        self._output = output
        self._told = threading.Condition()
        self._parts: list[tuple[Group, Sequence[int] | None]] = []
        self._starts: list[int] = []
        self._read = 0
        self.total = 0
        self.failed = False
        self._stopped = False

    @property
    def done(self) -> bool:
        """Whether every row group was asked."""
        return self._read == len(self._output.groups)

    @property
    def share(self) -> float:
        """How much of the output was asked, 0..1."""
        return self._read / len(self._output.groups) if self._output.groups else 1.0

    def stop(self) -> None:
        """End the work: nobody wants the answer any more."""
        self._stopped = True

    def work(self) -> None:
        """Ask all row groups."""
        try:
            for group in self._output.groups:
                if self._stopped:
                    return
                self._add(group, self.query.rows(group))
        except Exception:
            # What was wrong could hold words of a text; that it went wrong is told on the page.
            self.failed = True
        finally:
            with self._told:
                self._told.notify_all()

    def _add(self, group: Group, rows: Sequence[int] | None) -> None:
        count = group.rows if rows is None else len(rows)
        with self._told:
            if count:
                self._parts.append((group, rows))
                self._starts.append(self.total)
                self.total += count
            self._read += 1
            self._told.notify_all()

    def wait(self, enough: Callable[[Scan], bool], seconds: float) -> None:
        """Wait until there is enough, all is done, or so much time has passed."""
        with self._told:
            self._told.wait_for(
                lambda: self.done or self.failed or self._stopped or enough(self), seconds
            )

    def number(self, place: int) -> int:
        """Return the number of the record at a place among the answers."""
        with self._told:
            at = bisect_right(self._starts, place) - 1
            (group, rows), inside = self._parts[at], place - self._starts[at]
        return group.first + (inside if rows is None else rows[inside])

    def page(self, first: int, count: int, seed: int | None) -> list[int]:
        """Return the numbers of some answers: in order, or of those drawn with a seed.

        Draws are made among all answers: before they are known there are none.
        """
        if seed is None:
            return [self.number(p) for p in range(first, min(first + count, self.total))]
        if not self.done:
            return []
        drawn = Random(seed).sample(range(self.total), min(self.total, SAMPLE))
        return [self.number(place) for place in drawn[first : first + count]]


class Scans:
    """The questions asked last; one that is asked again is answered at once."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._lock = threading.Lock()
        self._scans: OrderedDict[Query, Scan] = OrderedDict()

    def of(self, query: Query) -> Scan:
        """Return the scan of a question, begun if it is new."""
        with self._lock:
            scan = self._scans.pop(query, None)
            if scan is None or scan.failed:
                scan = Scan(self._output, query)
                threading.Thread(target=scan.work, daemon=True).start()
            self._scans[query] = scan
            if len(self._scans) > SCANS:
                self._scans.popitem(last=False)[1].stop()
            return scan
