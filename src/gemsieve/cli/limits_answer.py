"""Limits that targets were set to, in a form that JSON holds, and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gemsieve.cli.check import number

if TYPE_CHECKING:
    from gemsieve.filters.limits.limit import Limit
    from gemsieve.filters.policy import Ruleset, Use


def target_rows(rules: Ruleset, use: Use) -> list[dict[str, Any]]:
    """Return the limits of the rules of a use that give a target."""
    return [
        limit_row(f"{use}[{place}]", rule.target)
        for place, rule in enumerate(rules.rules, 1)
        if rule.target is not None
    ]


def limit_row(place: str, limit: Limit) -> dict[str, Any]:
    """Return one limit: what was asked, what was set, the bounds and the price.

    Shares are of the calibration split; bounds are one-sided, intervals two-sided, both at the
    confidence that was asked for.
    """
    from gemsieve.filters.limits.limit import wanted

    return {
        "rule": place,
        "label": limit.label,
        "target": wanted(limit.goal),
        "confidence": limit.goal.confidence,
        "above": limit.above,
        "miss": number(limit.miss),
        "miss_bound": limit.miss_bound,
        "miss_interval": list(limit.miss_interval),
        "positives": limit.positives,
        "false_alarms": number(limit.false_alarms),
        "false_alarm_bound": limit.false_alarm_bound,
        "false_alarm_interval": list(limit.false_alarm_interval),
        "negatives": limit.negatives,
        "gap": limit.gap,
    }


def show(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print limits for a person to read."""
    if not rows:
        print("no rule gives its limit as a target")
    for row in rows:
        print("\n".join(limit_lines(row)))


def limit_lines(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what there is to say of one limit."""
    yield f"{row['rule']}  {row['label']}: {row['target']}, so above = {row['above']:g}"
    low, high = row["false_alarm_interval"]
    for name, rate, whole, more in (
        ("missed", "miss", "positives", f"at most {percent(row['miss_bound'])}"),
        ("false alarms", "false_alarms", "negatives", f"{percent(low)} to {percent(high)}"),
    ):
        if row[rate] is not None:
            sure = f"{more} with confidence {row['confidence']:g}"
            yield f"    {name}: {percent(row[rate])} of {row[whole]:,} texts, {sure}"
    if row["gap"] is not None:
        yield f"    widest gap of false alarms between two groups: {percent(row['gap'])}"


def percent(share: float) -> str:
    """Return a share in per cent."""
    return f"{100 * share:.2f} %"
