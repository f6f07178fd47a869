"""The scores that the toxicity models gave to their development part; they ship beside them."""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path

from gemsieve.filters.limits import counts as generic
from gemsieve.filters.limits.counts import ScoreCounts, counts
from gemsieve.filters.weights_file import weights_file

__all__ = ["LIMITS", "ScoreCounts", "by_group", "counts", "dump", "shipped"]

LIMITS = "toxicity_limits.json"


def dump(by_label: Mapping[str, ScoreCounts], weights: Iterable[Path]) -> str:
    """Return the counts of each label as JSON, bound to the files that made the scores."""
    return generic.dump(by_label, stamp(weights))


@cache
def shipped(weights: tuple[str, ...]) -> dict[str, ScoreCounts]:
    """Return what ships for the files of weights of these names, by label.

    Nothing where the counts are of other weights: a limit set by them would promise falsely.

    Raises:
        ValueError: The file of counts is broken.
    """
    text = weights_file(LIMITS).read_text("utf-8")
    return generic.load(text, stamp(weights_file(name) for name in weights))


def stamp(weights: Iterable[Path] | Iterable[Traversable]) -> str:
    """Return the SHA-256, in hex, of the digests of files."""
    digests = "".join(hashlib.sha256(file.read_bytes()).hexdigest() for file in weights)
    return hashlib.sha256(digests.encode()).hexdigest()


def by_group(score: Callable[[str], float]) -> dict[str, list[float]]:
    """Score the harmless sentences for measuring, by the axis of the group that each names."""
    from gemsieve.filters.toxicity.held_out import HELD_OUT_HARMLESS, held_out

    found: defaultdict[str, list[float]] = defaultdict(list)
    for group, sentence in held_out(HELD_OUT_HARMLESS, random.Random(0)):
        found[group].append(score(sentence))
    return dict(found)
