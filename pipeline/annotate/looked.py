"""Which detectors looked at a corpus, so that a later policy knows whether their findings serve."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gemsieve.filters import Filter
from gemsieve.filters.catalogue import options_of
from gemsieve.filters.detect import ordered
from gemsieve.filters.policy_error import PolicyError

AGAIN = "run `gemsieve annotate` with this policy"


@dataclass(frozen=True)
class Looked:
    """A detector that looked at every text.

    Attributes:
        sha256: Digest (hex) of its weights, "" for none.
        options: Digest (hex) of what the policy gave it.
        digest: Of all these, and of the detectors that filled the columns which it needs.
        labels: All it may have found.
    """

    name: str
    version: str
    sha256: str
    options: str
    digest: str
    labels: tuple[str, ...]


def looking(judge: Filter) -> list[Looked]:
    """Return the detectors that judge a corpus, in the order in which they run."""
    found: list[Looked] = []
    fillers: dict[str, str] = {}
    for detector in ordered(judge.detectors["corpus"]):
        options = digest(options_of(detector.name, judge.policy.options))
        said = [detector.name, detector.version, detector.weights, options]
        whole = digest([*said, [[column, fillers.get(column)] for column in detector.needs]])
        labels = tuple(sorted(detector.labels.ranges()))
        found.append(
            Looked(detector.name, detector.version, detector.weights, options, whole, labels)
        )
        if column := detector.labels.column():
            fillers[column] = whole
    return found


def digest(said: object) -> str:
    """Return the digest (hex) of something that JSON can say."""
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def forgotten(stored: Sequence[Looked], judge: Filter, file: str, folder: object) -> frozenset[str]:
    """Return the labels that were stored and that a filter's detectors would not have found.

    What no detector had declared is not among them: it was found, and fails closed.

    Args:
        stored: The detectors whose findings were stored.
        judge: The filter that is to decide by them.
        file: Its policy's name in errors.
        folder: Where the findings are.

    Raises:
        PolicyError: The filter would have found something else; says what and what to do.
    """
    there = {one.name: one for one in stored}
    needed = looking(judge)
    for one in needed:
        if why := misfit(one, there.get(one.name), folder):
            raise PolicyError(f"{file}: corpus: {why}; {AGAIN}")
    mine = {one.name for one in needed}
    left = [one for one in stored if one.name not in mine]
    owned, other = labels(needed), labels(left)
    if shared := sorted(owned & other):
        names = ", ".join(one.name for one in left if not owned.isdisjoint(one.labels))
        raise PolicyError(
            f"{file}: corpus: {folder} does not tell whether {shared[0]} was found by {names},"
            f" which this policy does not use; {AGAIN}"
        )
    return frozenset(other | {f"error.{one.name}" for one in left})


def labels(detectors: Iterable[Looked]) -> set[str]:
    """Return all that detectors may have found."""
    return {label for one in detectors for label in one.labels}


def misfit(needed: Looked, there: Looked | None, folder: object) -> str | None:
    """Return why stored findings are not those of a detector, or None when they are."""
    name = needed.name
    if there is None:
        return f"detector {name!r} finds {needed.labels[0]} and others; {folder} holds none of them"
    if there.version != needed.version:
        return f"detector {name!r} is of version {needed.version}; {folder} has {there.version}"
    if there.sha256 != needed.sha256:
        return f"detector {name!r} has other weights now than when {folder} was written"
    if there.options != needed.options:
        return f"[detectors.{name}] differs from what {folder} was written with"
    if there.digest != needed.digest:
        return f"detector {name!r} would read columns that others fill than in {folder}"
    return None
