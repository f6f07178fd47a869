"""Read the table `[mitigate]` of a policy; every mistake is named with its key."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from gemsieve.filters.detector import Detector
from gemsieve.filters.mitigation import (
    METHODS,
    NAMES,
    GenderSwap,
    Mitigation,
    Target,
    Weighting,
)
from gemsieve.filters.policy_error import PolicyError, nearest

TABLES = ("gender", "weights")
GENDER_KEYS = ("share", "names", "seed")
WEIGHTS_KEYS = ("targets", "method", "cap", "seed")
Word = TypeVar("Word", bound=str)
ROUNDING = 1e-6  # by which shares written in decimals may miss 1


def mitigation(body: Mapping[str, Any], file: str, detectors: Sequence[Detector]) -> Mitigation:
    """Check a policy's table and return what it says.

    Args:
        body: The policy, which may have no such table.
        file: The policy's name in errors.
        detectors: Those that judge a corpus; targets name what they may find.

    Raises:
        PolicyError: A key or a value is wrong; names it.
    """
    if "mitigate" not in body:
        return Mitigation()
    table = Table(body["mitigate"], f"{file}: mitigate", TABLES)
    if not table.given:
        raise PolicyError(f"{file}: mitigate: empty; write [mitigate.gender] or [mitigate.weights]")
    if body.keys().isdisjoint({"corpus", "columns"}):
        raise PolicyError(
            f"{file}: mitigate: is about a corpus; the policy has no [[corpus]] rules"
        )
    found = {label for detector in detectors for label in detector.labels.events}
    return Mitigation(
        gender=gender(table.table("gender", GENDER_KEYS)) if "gender" in table.given else None,
        weights=(
            weighting(table.table("weights", WEIGHTS_KEYS), found)
            if "weights" in table.given
            else None
        ),
    )


class Table:
    """One table of the policy, whose keys are known and whose values are asked for by kind."""

    def __init__(self, given: object, place: str, keys: Collection[str]) -> None:
        if not isinstance(given, dict):
            raise PolicyError(f"{place}: must be a table, as in [{place.rsplit(' ', 1)[-1]}]")
        for key in given:
            if key not in keys:
                raise PolicyError(f"{place}.{key}: unknown key{nearest(key, keys)}")
        self.given: dict[str, Any] = given
        self.place = place

    def error(self, key: str, text: str) -> PolicyError:
        """Return an error that names the place and the key."""
        return PolicyError(f"{self.place}.{key}: {text}")

    def table(self, key: str, keys: Collection[str]) -> Table:
        """Return a table within this one."""
        return Table(self.given[key], f"{self.place}.{key}", keys)

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """Return a number from low to high, both possible."""
        value = self.given.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(key, f"{value!r} is no number")
        if not low <= value <= high or not math.isfinite(value):
            span = f"in {low:g}..{high:g}" if math.isfinite(high) else f"of {low:g} or more"
            raise self.error(key, f"{value!r} is no number {span}")
        return float(value)

    def seed(self) -> int:
        """Return the seed."""
        value = self.given.get("seed", 0)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error("seed", f"{value!r} is no whole number")
        return value

    def one_of(self, key: str, words: Sequence[Word]) -> Word:
        """Return one of these words; the first where none is given."""
        value = self.given.get(key, words[0])
        if value not in words:
            raise self.error(key, f"{value!r} is none of {', '.join(map(repr, words))}")
        return words[words.index(value)]


def gender(table: Table) -> GenderSwap:
    """Return what `[mitigate.gender]` says."""
    share = table.number("share", 0.5, 0, 1)
    if share == 0:
        raise table.error("share", "0 swaps nothing; leave [mitigate.gender] out")
    return GenderSwap(share, table.one_of("names", NAMES), table.seed())


def weighting(table: Table, found: Collection[str]) -> Weighting:
    """Return what `[mitigate.weights]` says; `found` are the labels that may be found."""
    given = table.given.get("targets")
    if not isinstance(given, dict) or not given:
        raise table.error("targets", 'missing; give some, as in { "identity.gender.*" = "equal" }')
    inner = Table(given, f"{table.place}.targets", given)
    targets = tuple(target(inner, axis, found) for axis in given)
    seen: dict[str, str] = {}
    for one in targets:
        for label in one.labels:
            if label in seen:
                raise inner.error(one.axis, f"{label!r} is in {seen[label]!r} already")
            seen[label] = one.axis
    return Weighting(
        targets,
        table.one_of("method", METHODS),
        table.number("cap", 5.0, 1, math.inf),
        table.seed(),
    )


def target(table: Table, axis: str, found: Collection[str]) -> Target:
    """Return the target of one axis."""
    matched = sorted(label for label in found if fnmatchcase(label, axis))
    if not matched:
        raise table.error(axis, f"no detector of the corpus finds {axis!r}{nearest(axis, found)}")
    given = table.given[axis]
    if given == "equal":
        return Target(axis, tuple(matched))
    if not isinstance(given, dict):
        raise table.error(axis, 'must be "equal", or a table of shares by label')
    shares = Table(given, f"{table.place}.{axis}", matched)
    for label in given:
        if shares.number(label, 0, 0, 1) == 0:
            raise shares.error(label, "0 would erase the group; let a rule drop what should go")
    if abs(sum(given.values()) - 1) > ROUNDING:
        raise table.error(axis, f"the shares add up to {sum(given.values()):g}, not to 1")
    return Target(axis, tuple(sorted(given)), {label: float(given[label]) for label in given})
