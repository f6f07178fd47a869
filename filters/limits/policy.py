"""Read a rule's limit that is given as a target; every mistake is named with its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gemsieve.filters.detector import Detector
from gemsieve.filters.limits.counts import Calibrated, ScoreCounts
from gemsieve.filters.limits.limit import CONFIDENCE, Goal, Limit, UnreachableError, limit_for
from gemsieve.filters.policy_error import PolicyError

PROMISES = ("miss_at_most", "false_alarm_at_most")  # of which `confidence` says how sure
TARGETS = (*PROMISES, "equal_false_alarms")
LEAST_CONFIDENCE = 0.5
KEYS = (*TARGETS, "confidence")
OTHERS = ("above", "below", "outside", "any_of", "count_above", "share_above")

Counted = Callable[[str], ScoreCounts | None]


def counted(detectors: Sequence[Detector]) -> Counted:
    """Return the function from a label to the scores that its detector ships with."""

    def counts(label: str) -> ScoreCounts | None:
        for detector in detectors:
            if label in detector.labels.ranges() and isinstance(detector, Calibrated):
                return detector.score_counts(label)
        return None

    return counts


def target(
    table: Mapping[str, Any], place: str, scope: Sequence[str], counts: Counted
) -> Limit | None:
    """Return the limit that meets what a rule asks for, or None where it asks for nothing.

    Args:
        table: The rule.
        place: Where it stands, for errors.
        scope: The labels that it names.
        counts: The scores that a label's detector ships with.

    Raises:
        PolicyError: A value is wrong, keys contradict each other, or no limit meets the target.
    """
    wish = goal(table, place)
    if wish is None:
        return None
    if len(scope) != 1:
        raise PolicyError(
            f"{place}.labels: {len(scope)} labels, and a limit is set for one; write a rule for"
            " each"
        )
    found = counts(scope[0])
    if found is None:
        raise PolicyError(
            f"{place}: no detector ships scores to set a limit for {scope[0]!r} by; give"
            f" above = LIMIT, as `gemsieve limits FILE --label {scope[0]}` finds it on texts of"
            " yours"
        )
    try:
        return limit_for(scope[0], found, wish)
    except UnreachableError as error:
        raise PolicyError(f"{place}: {error}") from None


def goal(table: Mapping[str, Any], place: str) -> Goal | None:
    """Return what a table asks a limit to achieve, or None where it asks for nothing.

    Raises:
        PolicyError: A value is wrong, or keys contradict each other.
    """
    given = [key for key in TARGETS if key in table]
    if "confidence" in table and not any(key in table for key in PROMISES):
        raise PolicyError(f"{place}.confidence: is of {' or '.join(PROMISES)}; give one of them")
    for key in OTHERS:
        if given and key in table:
            raise PolicyError(f"{place}.{given[0]}: cannot stand beside {key!r}; write two rules")
    sure = number(table.get("confidence", CONFIDENCE), f"{place}.confidence")
    if sure < LEAST_CONFIDENCE:
        raise PolicyError(f"{place}.confidence: {sure:g} is below {LEAST_CONFIDENCE:g}")
    values = {key: number(table[key], f"{place}.{key}") for key in given}
    return Goal(**values, confidence=sure) if given else None


def number(value: object, place: str) -> float:
    """Return a share that is neither nothing nor all."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise PolicyError(f"{place}: {value!r} is no share between 0 and 1")
    return float(value)
