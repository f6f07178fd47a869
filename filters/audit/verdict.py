"""What an audit shows, as the report and the manifest tell it, and whether the policy is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from gemsieve.filters.audit.counts import Swaps
from gemsieve.filters.audit.judge import Judge, words
from gemsieve.filters.audit.rows import (
    Records,
    Row,
    Verdict,
    flip_rows,
    gap_rows,
    pair_rows,
    ratio_rows,
    sorted_rows,
    widest_rows,
)

SECTIONS = ("flips", "gaps", "removal")


def told(swaps: Swaps, judge: Judge, removal: Sequence[Records] = ()) -> dict[str, Any]:
    """Return everything that an audit tells: numbers, and places of records."""
    audit = judge.audit
    flips = sorted_rows(flip_rows(swaps, judge))
    gaps = sorted_rows(gap_rows(swaps, judge))
    ratios = sorted_rows(ratio_rows(removal, audit))
    return {
        "rule": audit.body(),
        "rules": {name: words(rule) for name, rule in judge.rules.items()},
        "labels": list(judge.labels),
        "swapped": swaps.trials.total(),
        "unswapped": swaps.unswapped.total(),
        "verdicts": {
            "flip_rate": overall(flips, audit.flip_rate),
            "score_gap": overall(gaps, audit.score_gap),
            "removal_ratio": overall(ratios, audit.removal_ratio),
        },
        "flips": flips,
        "gaps": gaps,
        "removal": ratios,
        "pairs": pair_rows(swaps),
        "widest": widest_rows(swaps),
        "bins": [[*key, n] for key, n in sorted(swaps.bins.items())],
        "places": [list(place) for place in swaps.places],
    }


def summary(audit: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part that the manifest holds: of rows those of whole axes, and those that fail."""
    kept = {name: [row for row in audit[name] if weighty(row)] for name in SECTIONS}
    heads = ("rule", "rules", "labels", "swapped", "unswapped", "verdicts", "places")
    return {name: audit[name] for name in heads} | kept


def weighty(row: Row) -> bool:
    """Say whether a row belongs into the manifest."""
    return bool(row["unit"].endswith(".*") or row["verdict"] == "fail")


def overall(rows: Sequence[Row], limit: float | None) -> Verdict:
    """Return the verdict on all rows: one fails all; if none has enough trials, none passes."""
    if limit is None:
        return "unlimited"
    found = {row["verdict"] for row in rows}
    return "fail" if "fail" in found else "pass" if "pass" in found else "insufficient"


def line_for_people(audit: Mapping[str, Any]) -> str:
    """Say in a line what a summary tells: how many flips, and whether each limit is kept."""
    flips = sum(row["flips"] for row in audit["flips"] if row["unit"].endswith(".*"))
    verdicts = (
        f"{limit}: {found}" for limit, found in audit["verdicts"].items() if found != "unlimited"
    )
    counts = f"audit: {audit['swapped']:,} sentences swapped, {flips:,} flips"
    return ", ".join((counts, *verdicts))


def faults(audit: Mapping[str, Any]) -> list[str]:
    """Return, as sentences, what keeps an output from passing; `audit` is what `told` returns."""
    rule = audit["rule"]
    kinds = [
        [flip_words(row, audit) for row in audit["flips"] if row["verdict"] == "fail"],
        [gap_words(row, rule) for row in audit["gaps"] if row["verdict"] == "fail"],
        [ratio_words(row, rule) for row in audit["removal"] if row["verdict"] == "fail"],
    ]
    # The worst under each limit first, so that a message that tells a few tells of every limit.
    reasons = [reason for rank in zip_longest(*kinds) for reason in rank if reason]
    if rule["insufficient"] == "fail":
        reasons += [
            f"audit.{limit}: insufficient, no group has {rule['least']:,} trials"
            for limit, found in audit["verdicts"].items()
            if found == "insufficient"
        ]
    return reasons


def flip_words(row: Mapping[str, Any], audit: Mapping[str, Any]) -> str:
    """Say what a rule does to a group, or to an axis of groups."""
    name = row["rule"]
    meaning = f" ({audit['rules'][name]})" if name in audit["rules"] else ""
    said = f"{row['flips']:,} of {row['trials']:,} swaps of {row['unit']}"
    said += (
        " change what it says" if row["favoured"] is None else " have it act on that group alone"
    )
    most = f", most against {row['worst']}" if row["worst"] else ""
    low, high = row["interval"]
    return (
        f"{name}{meaning}: {said}{most}: {row['rate']:.1%} (95 %: {low:.1%} to {high:.1%});"
        f" audit.flip_rate is {audit['rule']['flip_rate']:.1%}"
    )


def gap_words(row: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    """Say how far swaps of a group move a score."""
    low, high = row["interval"]
    return (
        f"{row['label']}: {row['trials']:,} swaps of {row['unit']} move it by {row['mean']:.3f} on"
        f" average (95 %: {low:.3f} to {high:.3f}), by {row['largest']:.3f} at most;"
        f" audit.score_gap is {rule['score_gap']:g}"
    )


def ratio_words(row: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    """Say how often a group's records are dropped."""
    low, high = row["interval"]
    times = "" if row["ratio"] is None else f", {row['ratio']:.2f} times as often"
    reach = "without end" if high is None else f"{high:.2f}"
    return (
        f"{row['unit']}: {row['dropped']:,} of {row['records']:,} records are dropped, of"
        f" {row['others']:,} others {row['others_dropped']:,}{times} (95 %: {low:.2f} to {reach});"
        f" audit.removal_ratio is {rule['removal_ratio']:g}"
    )
