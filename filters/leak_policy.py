"""Read the table `[leak_check]` of a policy; every mistake is named with its key."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gemsieve.filters.detector import Detector
from gemsieve.filters.leak_rule import RECORDS, LeakRule
from gemsieve.filters.policy_file import PolicyError, nearest

KEYS = ("records", "above", "entities", "limit", "suspected_limit")


def leak_rule(table: object, file: str, detectors: Sequence[Detector]) -> LeakRule:
    """Check the table and return what it says.

    Args:
        table: The policy's `leak_check`, empty when it has none.
        file: The policy's name in errors.
        detectors: All that the policy could use; `entities` names what one of them may find.

    Raises:
        PolicyError: A key or a value is wrong; names it.
    """
    if not isinstance(table, dict):
        raise PolicyError(f"{file}: leak_check: must be a table, as in [leak_check]")
    for key in table:
        if key not in KEYS:
            raise PolicyError(f"{file}: leak_check.{key}: unknown key{nearest(key, KEYS)}")
    return LeakRule(
        records=records(table, file),
        above=number(table, "above", file, most=1),
        entities=entities(table, file, {name for d in detectors for name in found_by(d)}),
        limit=number(table, "limit", file),
        suspected_limit=number(table, "suspected_limit", file),
    )


def found_by(detector: Detector) -> list[str]:
    """Return the entities of personal data that a detector may find, such as `US_SSN`."""
    family = "pii."
    labels = [label for label in detector.labels.events if label.startswith(family)]
    return sorted(label.removeprefix(family).upper() for label in labels)


def records(table: Mapping[str, Any], file: str) -> int | None:
    """Return how many records to sample, or None for all."""
    value = table.get("records", RECORDS)
    if value == "all":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise PolicyError(f'{file}: leak_check.records: {value!r} is no count; give one, or "all"')
    return value


def number(table: Mapping[str, Any], key: str, file: str, most: float = math.inf) -> float | None:
    """Return a number from 0 to the most that it may be, or None when none is given."""
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not within(value, most):
        span = "of 0 or more" if most == math.inf else f"in 0..{most:g}"
        raise PolicyError(f"{file}: leak_check.{key}: {value!r} is no number {span}")
    return float(value)


def within(value: float, most: float) -> bool:
    """Say whether a number is finite, not negative, and not above the most."""
    return math.isfinite(value) and 0 <= value <= most


def entities(table: Mapping[str, Any], file: str, known: Collection[str]) -> tuple[str, ...] | None:
    """Return the entities that are named, sorted, or None when none are."""
    value = table.get("entities")
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise PolicyError(f'{file}: leak_check.entities: must be an array, as in ["US_SSN"]')
    for name in value:
        if name not in known:
            guess = nearest(name.upper(), known)
            raise PolicyError(f"{file}: leak_check.entities: no detector finds {name!r}{guess}")
    return tuple(sorted(set(value)))
