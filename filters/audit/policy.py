"""Read the table `[audit]` of a policy; every mistake is named with its key."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any, cast

from gemsieve.filters.audit.rule import LEAST, SENTENCES, AuditRule, Insufficient
from gemsieve.filters.detector import Detector
from gemsieve.filters.policy_error import PolicyError, nearest

KEYS = tuple(field.name for field in fields(AuditRule))
CHOICES = ("tell", "fail")


def audit_rule(table: object, file: str, detectors: Sequence[Detector]) -> AuditRule:
    """Check the table and return what it says.

    Args:
        table: The policy's `audit`, empty when it has none.
        file: The policy's name in errors.
        detectors: All that the policy could use; `labels` names what one of them may find.

    Raises:
        PolicyError: A key or a value is wrong; names it.
    """
    if not isinstance(table, dict):
        raise PolicyError(f"{file}: audit: must be a table, as in [audit]")
    for key in table:
        if key not in KEYS:
            raise PolicyError(f"{file}: audit.{key}: unknown key{nearest(key, KEYS)}")
    return AuditRule(
        labels=labels(table, file, {label for d in detectors for label in d.labels.ranges()}),
        sentences=count(table, "sentences", file, SENTENCES, 0),
        flip_rate=number(table, "flip_rate", file, 0, 1),
        score_gap=number(table, "score_gap", file, 0, 1),
        removal_ratio=number(table, "removal_ratio", file, 1, math.inf),
        least=count(table, "least", file, LEAST, 1),
        insufficient=choice(table, file),
    )


def labels(table: Mapping[str, Any], file: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the globs of labels; each that is given must name one."""
    if "labels" not in table:
        return AuditRule.labels
    value = table["labels"]
    globs = [value] if isinstance(value, str) else value
    if not isinstance(globs, list) or not all(isinstance(glob, str) for glob in globs):
        raise PolicyError(f'{file}: audit.labels: must be an array, as in ["toxicity.*"]')
    for glob in globs:
        if not any(AuditRule((glob,)).names(label) for label in known):
            raise PolicyError(
                f"{file}: audit.labels: no detector has a label {glob!r}{nearest(glob, known)}"
            )
    return tuple(globs)


def count(table: Mapping[str, Any], key: str, file: str, default: int, least: int) -> int:
    """Return a whole number of at least so many."""
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise PolicyError(f"{file}: audit.{key}: {value!r} is no whole number of {least} or more")
    return value


def number(table: Mapping[str, Any], key: str, file: str, low: float, high: float) -> float | None:
    """Return a finite number between two, or None when none is given."""
    value = table.get(key)
    if value is None:
        return None
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    if not plain or not math.isfinite(value) or not low <= value <= high:
        span = f"of {low:g} or more" if high == math.inf else f"in {low:g}..{high:g}"
        raise PolicyError(f"{file}: audit.{key}: {value!r} is no number {span}")
    return float(value)


def choice(table: Mapping[str, Any], file: str) -> Insufficient:
    """Return what too few trials do."""
    value = table.get("insufficient", AuditRule.insufficient)
    if value not in CHOICES:
        raise PolicyError(f'{file}: audit.insufficient: {value!r} is neither "tell" nor "fail"')
    return cast("Insufficient", value)
