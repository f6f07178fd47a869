"""What an output's records can be filtered by: labels, reasons and sources, counted once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

from gemsieve.pipeline.inspector.output import Group, Output
from gemsieve.pipeline.inspector.query import LABELS, coded

SHOWN = 500  # of each, those of the most records

# A column, and under what its words are told.
COLUMNS = {
    "source": "sources",
    "reason": "reasons",
    "fault": "reasons",
    "reasons": "reasons",
    LABELS: "labels",
}


class Facets:
    """Counts of labels (by finding), reasons and sources (by record); safe among threads."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in COLUMNS.values()}
        self._read = 0

    def begin(self) -> None:
        """Count in the background."""
        threading.Thread(target=self.work, daemon=True).start()

    def work(self) -> None:
        """Count all row groups; one that cannot be read counts for nothing."""
        for group in self._output.groups:
            try:
                counts = counted(group)
            except Exception:
                counts = {}
            with self._lock:
                for name, words in counts.items():
                    self._counts[name].update(words)
                self._read += 1

    def told(self) -> dict[str, Any]:
        """Return what was counted so far: how much of the output, and words with their counts."""
        groups = len(self._output.groups)
        with self._lock:
            lists = {name: words.most_common(SHOWN) for name, words in self._counts.items()}
            return {"share": self._read / groups if groups else 1.0, **lists}


def counted(group: Group) -> Mapping[str, Mapping[str, int]]:
    """Return how often each word stands in a row group."""
    import numpy as np
    import pyarrow.compute as pc

    counts: dict[str, Counter[str]] = {name: Counter() for name in COLUMNS.values()}
    for column, name in COLUMNS.items():
        top = column.partition(".")[0]
        if top not in group.file.columns:
            continue
        values = group.read([column]).column(top)
        if column in ("reasons", LABELS):
            values = pc.list_flatten(values)
        if column == LABELS:
            values = pc.struct_field(values, "label")
        codes, words = coded(values)
        numbers = np.bincount(codes[codes >= 0], minlength=len(words))
        counts[name].update({w: int(n) for w, n in zip(words, numbers, strict=True) if w and n})
    return counts
