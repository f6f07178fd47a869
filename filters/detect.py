"""Run detectors over a batch; what one of them cannot judge becomes a finding of its own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from gemsieve.filters.detector import Detector
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.stopwatch import stage

Found = list[list[Finding]]


def detect(detectors: Sequence[Detector], batch: Batch) -> tuple[Found, Batch]:
    """Return every text's findings, whole-text ones first, and the batch with the columns chosen.

    A detector of choices fills the column of its name (`language`) for those that run after it.
    A detector that raises, or answers for another number of texts, leaves `error.NAME`, which no
    policy lists: the text fails closed.
    """
    found: Found = [[] for _ in batch.texts]
    for detector in ordered(detectors):
        with stage(f"detect {detector.name}"):
            answers = attempt(detector, batch)
        for i, findings in enumerate(answers):
            found[i].extend(findings)
        batch = filled(detector, batch, found)
    for findings in found:
        findings.sort(key=lambda f: (f.span is not None, f.span or (0, 0), f.label))
    return found, batch


def filled(detector: Detector, batch: Batch, found: Sequence[Sequence[Finding]]) -> Batch:
    """Return a batch with the column filled, where none was given, that a detector chose for."""
    column = detector.labels.column()
    if column is None:
        return batch
    given = batch.columns.get(column) or [None] * len(found)
    chosen = [
        value if value is not None else choice(findings, detector.labels.choices)
        for value, findings in zip(given, found, strict=True)
    ]
    return Batch(batch.texts, {**batch.columns, column: chosen})


def attempt(detector: Detector, batch: Batch) -> Found:
    """Call a detector on a batch, and text by text when the batch as a whole fails."""
    # Whatever a detector raises, its texts fail closed; its words may hold theirs, so none is kept.
    with suppress(Exception):
        answer = detector(batch)
        if len(answer) == len(batch.texts):
            return answer
    if len(batch.texts) == 1:
        return [[Finding(f"error.{detector.name}", 1.0)]]
    return [attempt(detector, batch.take([i]))[0] for i in range(len(batch.texts))]


def choice(findings: Sequence[Finding], choices: frozenset[str]) -> str | None:
    """Return the kind of the best choice: `en` for `language.en`."""
    best = max(
        (f for f in findings if f.label in choices), key=lambda f: (f.score, f.label), default=None
    )
    return best.label.split(".", 1)[1] if best else None


def ordered(detectors: Sequence[Detector]) -> list[Detector]:
    """Put every detector after those that fill a column it needs; ties go by name."""
    waiting = sorted(detectors, key=lambda d: d.name)
    columns = {d.name: d.labels.column() for d in waiting}
    placed: list[Detector] = []
    while waiting:
        open_columns = {columns[d.name] for d in waiting}
        ready = next((d for d in waiting if open_columns.isdisjoint(d.needs)), None)
        if ready is None:
            raise ValueError(f"detectors need each other: {', '.join(d.name for d in waiting)}")
        waiting.remove(ready)
        placed.append(ready)
    return placed
