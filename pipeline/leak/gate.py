"""What remains in a job's output, as the manifest tells it, and whether the policy lets it pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from gemsieve.filters.leak_rule import LeakRule
from gemsieve.pipeline.leak.counts import Leaks
from gemsieve.pipeline.leak.planted import Planted

MILLION = 1_000_000
LINES = 10  # of planted values, in a message


def told(
    leaks: Leaks, rule: LeakRule, entities: tuple[str, ...], planted: Planted | None
) -> dict[str, Any]:
    """Return what the manifest and the report tell of the check: numbers, and places of records."""
    return {
        "rule": rule.body(),
        "entities": list(entities),
        "records": leaks.read["records",],
        "characters": leaks.read["characters",],
        "sample": {
            "records": leaks.read["sample records",],
            "characters": leaks.read["sample characters",],
        },
        "proven_values": leaks.proven.total(),
        "proven": nested(leaks.proven),
        "suspected_values": leaks.suspected.total(),
        "suspected": {entity: n for (entity,), n in sorted(leaks.suspected.items())},
        "spared": nested(leaks.spared),
        "places": [list(place) for place in leaks.places],
        "planted": None
        if planted is None
        else {
            "values": len(planted.values),
            "remaining": len(leaks.planted),
            "lines": sorted(int(line) for (line,) in leaks.planted),
        },
    }


def nested(counts: Mapping[tuple[str, ...], int]) -> dict[str, dict[str, int]]:
    """Return counts by two names as an object of objects."""
    result: dict[str, dict[str, int]] = defaultdict(dict)
    for (first, second), n in sorted(counts.items()):
        result[first][second] = n
    return dict(result)


def rate(values: int, characters: int) -> float:
    """Return values in a million characters; 0 in none."""
    return values * MILLION / characters if characters else 0.0


def by_entity(proven: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Return the proven values of each entity, whatever proved them."""
    return {entity: sum(checks.values()) for entity, checks in proven.items()}


def faults(check: Mapping[str, Any]) -> list[str]:
    """Return, as sentences, what keeps an output from passing; `check` is what `told` returns."""
    rule, planted = check["rule"], check["planted"]
    reasons = [
        over("proven", by_entity(check["proven"]), check["characters"], "limit", rule["limit"]),
        over(
            "suspected",
            check["suspected"],
            check["sample"]["characters"],
            "suspected_limit",
            rule["suspected_limit"],
        ),
    ]
    if planted and planted["remaining"]:
        lines = ", ".join(map(str, planted["lines"][:LINES]))
        more = ", ..." if planted["remaining"] > LINES else ""
        word = "line" if planted["remaining"] == 1 else "lines"
        reasons.append(
            f"planted values: {planted['values']:,}, remaining: {planted['remaining']:,}"
            f" ({word} {lines}{more})"
        )
    return [reason for reason in reasons if reason]


def over(
    kind: str, counts: Mapping[str, int], characters: int, key: str, limit: float | None
) -> str | None:
    """Return a sentence when more of a kind remain than a limit lets pass, else None."""
    held = sum(counts.values())
    if limit is None or rate(held, characters) <= limit:
        return None
    names = ", ".join(f"{entity} {n:,}" for entity, n in counts.items())
    return (
        f"{held:,} {kind} values remain in {characters:,} characters ({names}):"
        f" {rate(held, characters):.3g} a million, leak_check.{key} is {limit:g}"
    )
