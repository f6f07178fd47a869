"""Labelled texts, and how a policy's detectors score them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError

if TYPE_CHECKING:
    from gemsieve.filters import Filter, Finding
    from gemsieve.filters.detector import Detector
    from gemsieve.filters.limits.counts import ScoreCounts
    from gemsieve.filters.policy import Use

BATCH_TEXTS = 64


@dataclass(frozen=True)
class Example:
    """A text, whether the label is true of it, and the group of people it is about, if any."""

    text: str
    true: bool
    group: str | None


def counted(path: str, judge: Filter, use: Use, label: str) -> ScoreCounts:
    """Score the texts of a file by a label and count the scores.

    Raises:
        UsageError: The file cannot be read, or a line holds no labelled text; names it.
    """
    from gemsieve.filters.limits.counts import counts

    detectors = finders(judge, use, label)
    for detector in detectors:
        detector.setup()
    examples, scores = [], []
    lines = read(path)
    while batch := list(islice(lines, BATCH_TEXTS)):
        examples += batch
        scores += scored([one.text for one in batch], detectors, label)
    groups: defaultdict[str, list[float]] = defaultdict(list)
    for one, score in zip(examples, scores, strict=True):
        if one.group is not None and not one.true:
            groups[one.group].append(score)
    return counts([one.true for one in examples], scores, groups)


def finders(judge: Filter, use: Use, label: str) -> list[Detector]:
    """Return the detector of a label, after those that fill a column it needs."""
    from gemsieve.filters.detector import PROBABILITY
    from gemsieve.filters.policy_error import nearest

    judge.policy.ruleset(use)
    known = {name: r for d in judge.detectors[use] for name, r in d.labels.ranges().items()}
    if label not in known:
        raise UsageError(f"--label {label}: no detector of {use} has it{nearest(label, known)}")
    if known[label] != PROBABILITY:
        raise UsageError(f"--label {label}: its scores are no probabilities")
    (detector,) = (d for d in judge.detectors[use] if label in d.labels.ranges())
    filling = [d for d in judge.detectors[use] if d.labels.column() in detector.needs]
    return [*filling, detector]


def read(path: str) -> Iterator[Example]:
    """Yield the labelled texts of a JSONL file.

    Raises:
        UsageError: The file cannot be read, or a line holds no labelled text; names it.
    """
    try:
        with Path(path).open("rb") as lines:
            for number, line in enumerate(lines, 1):
                yield example(line, f"{path}:{number}")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def example(line: bytes, place: str) -> Example:
    """Read one line."""
    try:
        row = json.loads(line.decode())
    except (ValueError, RecursionError):
        raise UsageError(f"{place}: not JSON in UTF-8") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise UsageError(f"{place}: no object with a text")
    if not isinstance(row.get("label"), int) or row["label"] not in {0, 1}:
        raise UsageError(f"{place}: label is neither 0 nor 1")
    if not isinstance(row.get("group"), str | None):
        raise UsageError(f"{place}: group is not a string")
    return Example(row["text"], bool(row["label"]), row.get("group"))


def scored(texts: Sequence[str], detectors: Sequence[Detector], label: str) -> list[float]:
    """Return each text's highest score of a label, 0 where it was not found.

    Raises:
        UsageError: A detector failed on a text, whose score is then not known.
    """
    from gemsieve.filters import Batch
    from gemsieve.filters.detect import detect

    found, _ = detect(detectors, Batch(texts))
    return [highest(findings, label) for findings in found]


def highest(findings: Sequence[Finding], label: str) -> float:
    """Return the highest score of a label among the findings of a text."""
    for finding in findings:
        if finding.label.startswith("error."):
            raise UsageError(f"{finding.label}: a text could not be judged, so no limit is set")
    return max((finding.score for finding in findings if finding.label == label), default=0.0)
