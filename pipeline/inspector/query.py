"""A question to an output's records, and which rows of a row group answer it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import TYPE_CHECKING, Any

from gemsieve.pipeline.inspector.output import Group

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

LABELS, SCORES = "findings.list.element.label", "findings.list.element.score"


@dataclass(frozen=True)
class Query:
    """What records are asked for; an empty field asks for nothing.

    Attributes:
        outcomes: One of these.
        reason: A reason of it, or a pattern such as `pii.*`; of a quarantined record its fault.
        label: A finding of it, by the like; its score within `low` and `high`, both included.
        source: Its source, whole.
        words: What its stored text or its id holds, in capitals or not.
    """

    outcomes: tuple[str, ...] = ()
    reason: str = ""
    label: str = ""
    low: float | None = None
    high: float | None = None
    source: str = ""
    words: str = ""

    @property
    def reads_nothing(self) -> bool:
        """Whether the outcome alone answers."""
        return not (self.reason or self.label or self.source or self.words)

    def rows(self, group: Group) -> Sequence[int] | None:
        """Return the rows of a group that answer, in order; None for all of them."""
        if self.outcomes and group.file.outcome not in self.outcomes:
            return ()
        masks = [mask for mask in self._masks(group) if mask is not None]
        if not masks:
            return None
        import numpy as np

        found = np.logical_and.reduce(masks)
        return None if found.all() else np.flatnonzero(found).tolist()

    def _masks(self, group: Group) -> list[Mask | None]:
        """Return a mask for each thing asked, the cheapest first; none is read after a void one."""
        found: list[Mask | None] = []
        for asked, answer in (
            (self.source, self._of_source),
            (self.reason, self._of_reason),
            (self.label, self._of_label),
            (self.words, self._of_words),
        ):
            if asked:
                found.append(answer(group))
                if found[-1] is not None and not found[-1].any():
                    break
        return found

    def _of_source(self, group: Group) -> Mask:
        if "source" not in group.file.columns:
            ids = group.read(["id"]).column("id").to_pylist()
            return as_mask([name.rpartition(":")[0] == self.source for name in ids])
        codes, words = coded(group.read(["source"]).column("source"))
        return among(codes, [i for i, word in enumerate(words) if word == self.source])

    def _of_reason(self, group: Group) -> Mask:
        import pyarrow.compute as pc

        names = {"reason", "reasons", "fault"} & group.file.columns
        if not names:
            return as_mask([False] * group.rows)
        column = group.read(sorted(names)).column(0)
        if len(names) == 1 and "reasons" not in names:
            codes, words = coded(column)
            return among(codes, fitting(words, self.reason))
        lists = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        codes, words = coded(pc.list_flatten(lists))
        return spread(lists, among(codes, fitting(words, self.reason)), group.rows)

    def _of_label(self, group: Group) -> Mask:
        import pyarrow.compute as pc

        if "findings" not in group.file.columns:
            return as_mask([False] * group.rows)
        lists = group.read([LABELS, SCORES]).column("findings").chunk(0)
        flat = pc.list_flatten(lists)
        codes, words = coded(flat.field("label"))
        hits = among(codes, fitting(words, self.label))
        scores = flat.field("score").to_numpy(zero_copy_only=False)
        if self.low is not None:
            hits &= scores >= self.low
        if self.high is not None:
            hits &= scores <= self.high
        return spread(lists, hits, group.rows)

    def _of_words(self, group: Group) -> Mask:
        import pyarrow.compute as pc

        found = as_mask([False] * group.rows)
        for name in ("id", "text"):
            if name in group.file.columns:
                column = group.read([name]).column(name)
                hits = pc.match_substring(column, self.words, ignore_case=True).fill_null(False)
                found |= hits.to_numpy()
        return found


def coded(column: pa.Array | pa.ChunkedArray) -> tuple[Any, list[str | None]]:
    """Return a column of few words as codes (-1 for null) and the words."""
    import pyarrow as pa

    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # of no chunk
        array = pa.array([], array.type)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    return array.indices.fill_null(-1).to_numpy(zero_copy_only=False), array.dictionary.to_pylist()


def fitting(words: Sequence[str | None], pattern: str) -> list[int]:
    """Return the places of the words that fit a pattern as policies have it."""
    fits = re.compile(translate(pattern)).match
    return [i for i, word in enumerate(words) if word is not None and fits(word)]


def among(codes: Any, wanted: Sequence[int]) -> Mask:  # noqa: ANN401  # numpy's integers of any width
    """Say of each code whether it is one of those wanted."""
    import numpy as np

    return np.isin(codes, np.asarray(wanted, dtype=np.int64))


def spread(lists: pa.ListArray, hits: Mask, rows: int) -> Mask:
    """Say of each list whether one of its elements is a hit."""
    import numpy as np
    import pyarrow.compute as pc

    found = np.zeros(rows, dtype=bool)
    found[pc.list_parent_indices(lists).to_numpy()[hits]] = True
    return found


def as_mask(values: Any) -> Mask:  # noqa: ANN401  # a list or an array
    """Return truths as a mask."""
    import numpy as np

    return np.asarray(values, dtype=bool)
