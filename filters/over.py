"""A filter without Beam: over any iterable of texts, and over a data set's batches."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from gemsieve.filters.filter import Filter, Verdict
from gemsieve.filters.finding import Batch
from gemsieve.filters.policy import Use
from gemsieve.filters.readings import COLUMN

Text = str | Mapping[str, Any]


def asked(judge: Filter, use: Use) -> frozenset[str]:
    """Return the columns that rules and detectors look at and that no detector fills.

    Never the readings, whatever asks for them: only a guard gives them, and no record of a corpus
    vouches for itself.
    """
    detectors = judge.detectors[use]
    needed = judge.policy.ruleset(use).reads.union(*(d.needs for d in detectors))
    return needed - {COLUMN, *(d.labels.column() for d in detectors)}


def verdicts(
    judge: Filter,
    texts: Iterable[Text],
    use: Use = "corpus",
    *,
    text: str = "text",
    size: int = 1000,
) -> Iterator[Verdict]:
    """Yield the verdict of each text, in order, with at most `size` of them in memory.

    Args:
        judge: A filter, as `load_filter` makes it.
        texts: Strings, or mappings that hold a text and columns beside it.
        use: Whose rules judge.
        text: The key of the text in a mapping.
        size: How many are judged together; the verdicts are the same for any.
    """
    left = iter(texts)
    while rows := list(islice(left, size)):
        yield from judge(batch_of(judge, rows, use, text), use)


def batch_of(judge: Filter, rows: Sequence[Text], use: Use, text: str) -> Batch:
    """Return rows as a batch, with the columns that the filter asks for."""
    mappings = [{text: row} if isinstance(row, str) else row for row in rows]
    columns = {name: [value(row.get(name)) for row in mappings] for name in asked(judge, use)}
    return Batch([row[text] for row in mappings], columns)


def value(given: object) -> str | None:
    """Return a column's value as rules read it: a list of strings as JSON, None for other lists."""
    if isinstance(given, list) and given and all(isinstance(one, str) for one in given):
        return json.dumps(given, ensure_ascii=False)
    return None if given is None or isinstance(given, dict | list) else str(given)


def mapped(
    judge: Filter, use: Use = "corpus", *, text: str = "text"
) -> Callable[[Mapping[str, Sequence[Any]]], dict[str, list[Any]]]:
    """Return a function for `datasets.Dataset.map(..., batched=True)`.

    It writes over the text, None where it is dropped, and adds `action` and `reasons`.
    """

    def judged(columns: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        found = judge(batch_of(judge, rows, use, text), use)
        return {
            text: [verdict.redacted for verdict in found],
            "action": [verdict.action.name.lower() for verdict in found],
            "reasons": [list(verdict.reasons) for verdict in found],
        }

    return judged
