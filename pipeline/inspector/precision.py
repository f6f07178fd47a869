"""How often a person found labels right: from marks, with intervals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args

from gemsieve.filters.intervals import wilson
from gemsieve.pipeline.inspector.marks import Mark, Verdict

KEEP = "keep"  # what the verdict on a record without reasons is counted under


def by_record(marks: Iterable[Mark]) -> Mapping[int, list[Mark]]:
    """Return marks by their records, in order."""
    found: defaultdict[int, list[Mark]] = defaultdict(list)
    for mark in marks:
        found[mark.record].append(mark)
    return found


def counted(marks: Iterable[Mark]) -> Iterator[tuple[str, Verdict]]:
    """Yield each label that was right, wrong or missed.

    A mark on a finding judges its label. One on a verdict judges each of the reasons, but for those
    of which a finding was marked: what was wrong to do was wrong for all its reasons.
    """
    for mine in by_record(marks).values():
        single = {mark.label for mark in mine if mark.label and mark.verdict != "missed"}
        for mark in mine:
            if mark.label is not None:
                yield mark.label, mark.verdict
            else:
                labels = set(mark.reasons or (KEEP,)) - single
                yield from ((label, mark.verdict) for label in sorted(labels))


def precision(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """Return for each label how often it was right, with its interval; the most marked first."""
    counts = Counter(counted(marks))
    rows = []
    for label in {label for label, _ in counts}:
        right, wrong, missed = (counts[label, verdict] for verdict in get_args(Verdict))
        row = {"label": label, "right": right, "wrong": wrong, "missed": missed}
        share = right / (right + wrong) if right + wrong else None
        rows.append(row | {"share": share, "interval": wilson(right, right + wrong)})
    return sorted(rows, key=lambda row: (-row["right"] - row["wrong"], row["label"]))
