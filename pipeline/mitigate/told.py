"""What a policy's `[mitigate]` came to in a whole job, as numbers: for its manifest and report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from gemsieve.filters.mitigation import GENDER, Mitigation, Weighting
from gemsieve.pipeline.mitigate.mitigate import SWAP
from gemsieve.pipeline.mitigate.raking import Fit, effective, fit, shares
from gemsieve.pipeline.mitigate.weigh import axes_of, by_groups
from gemsieve.pipeline.mitigate.weights import Groups, Weighed
from gemsieve.pipeline.tally import Tally

MISSED = 1e-3  # of a share: a target that is missed by less is reached
DECIMALS = 6

# Of kept records: those the draw chose = those swapped + those whose swapped text the policy would
# not let be + those not in English + those left for what they hold. And the words swapped.
COUNTS = ("chosen", "swapped", "reverted", "language", "nothing", "name", "biology", "words")


# Names of bands of weights; the first that holds one is its own.
BANDS: Mapping[str, Callable[[float], bool]] = {
    "below ¼": lambda weight: weight < 0.25,
    "¼ to ½": lambda weight: weight < 0.5,
    "½ to 1": lambda weight: weight < 1,
    "1": lambda weight: weight == 1,
    "1 to 2": lambda weight: weight <= 2,
    "2 to 4": lambda weight: weight <= 4,
    "above 4": lambda _: True,
}


@dataclass(frozen=True)
class Line:
    """One group of one axis.

    Attributes:
        before, after: Kept records that mention it, before and after swaps.
        share_before, share_after: Its share of the records that mention a group of the axis.
        target: What the policy asks for; None without weights.
        weighted: Its share when each record counts by its weight.
        read: Its share when each record is read as often as its copies say.
        missed: Why the target is out of reach; "" where it is reached.
    """

    axis: str
    label: str
    before: int
    after: int
    share_before: float
    share_after: float
    target: float | None = None
    weighted: float | None = None
    read: float | None = None
    missed: str = ""


def told(rule: Mitigation, tally: Tally, weighed: Sequence[Weighed]) -> dict[str, Any]:
    """Return what was asked for and what came of it, as a JSON object; empty where nothing was.

    Args:
        rule: What the policy asks for.
        tally: The sum over all slices.
        weighed: What each slice's records count for.
    """
    if not rule:
        return {}
    gender = weights = None
    lines: list[Line] = []
    if rule.gender:
        gender = rule.gender.body() | {what: tally.transforms[SWAP, what] for what in COUNTS}
    if rule.weights:
        table = by_groups(rule.weights, tally)
        found = fit(table, axes_of(rule.weights, table), rule.weights.cap)
        copies = sum((part.copies for part in weighed), Counter[tuple[str, ...]]())
        weights = rule.weights.body() | spread(rule.weights, table, found, copies)
        lines += targets(rule.weights, tally, found, copies)
    if rule.gender and not any(line.label.startswith(GENDER) for line in lines):
        lines += untargeted(tally)
    return {"gender": gender, "weights": weights, "groups": [asdict(line) for line in lines]}


def spread(
    rule: Weighting, table: Mapping[Groups, int], found: Fit, copies: Counter[tuple[str, ...]]
) -> dict[str, Any]:
    """Return how weights are spread over kept records, and what they cost."""
    weights: Counter[float] = Counter()
    bands = dict.fromkeys(BANDS, 0)
    for groups, n in table.items():
        weight = found.weights[groups]
        weights[weight] += n
        bands[band(weight)] += n
    ends = [round(end, DECIMALS) for end in (rule.cap, 1 / rule.cap)]
    return {
        "records": weights.total(),
        "mentioning": sum(n for groups, n in table.items() if groups),
        "least": min(weights, default=1.0),
        "most": max(weights, default=1.0),
        "at_cap": sum(n for weight, n in weights.items() if weight in ends and weight != 1),
        "bands": {name: n for name, n in bands.items() if n},
        "effective": round(effective(weights), 1),
    } | (resampled(copies) if rule.method == "resample" else {"copies": None})


def resampled(copies: Counter[tuple[str, ...]]) -> dict[str, Any]:
    """Return how often kept records are read, and what that costs."""
    read: Counter[int] = Counter()
    for (times, *_), n in copies.items():
        read[int(times)] += n
    return {
        "copies": {str(times): n for times, n in sorted(read.items())},
        "read": sum(times * n for times, n in read.items()),
        "effective_read": round(effective({float(t): n for t, n in read.items()}), 1),
    }


def band(weight: float) -> str:
    """Return the name of the band that a weight is in."""
    return next(name for name, holds in BANDS.items() if holds(weight))


def targets(
    rule: Weighting, tally: Tally, found: Fit, copies: Counter[tuple[str, ...]]
) -> list[Line]:
    """Return the groups that have a target."""
    before, after = (by_groups(rule, tally, moment) for moment in ("before", "after"))
    read: Counter[Groups] = Counter()
    for (times, *groups), n in copies.items():
        read[tuple(groups)] += int(times) * n
    lines = []
    axes = zip(rule.targets, axes_of(rule, after), found.reached, strict=True)
    for target, axis, reached in axes:
        was, now = shares(before, axis), shares(after, axis)
        drawn = shares(read, axis) if rule.method == "resample" else {}
        for label, wanted in sorted(axis.items()):
            lines.append(
                Line(
                    *(target.axis, label, mentioning(before, label), mentioning(after, label)),
                    *(short(was[label]), short(now[label]), short(wanted), short(reached[label])),
                    read=short(drawn[label]) if drawn else None,
                    missed=missed(after, axis, label, reached[label]),
                )
            )
    return lines


def missed(table: Mapping[Groups, int], axis: Mapping[str, float], label: str, share: float) -> str:
    """Return why a group's share is off its target, or ""."""
    if abs(share - axis[label]) <= MISSED:
        return ""
    if not mentioning(table, label):
        return "no kept record mentions it"
    present = sum(wanted for other, wanted in axis.items() if mentioning(table, other))
    if abs(share - axis[label] / present) <= MISSED:
        return "it has its part of what absent groups leave"
    return "held by the cap, or by groups that stand beside it"


def untargeted(tally: Tally) -> list[Line]:
    """Return the genders that are mentioned, where none has a target."""
    axis = f"{GENDER}*"
    before, after = (
        {tuple(groups): n for (when, *groups), n in tally.groups.items() if when == moment}
        for moment in ("before", "after")
    )
    labels = {label for groups in (*before, *after) for label in groups if fnmatchcase(label, axis)}
    was, now = shares(before, labels), shares(after, labels)
    return [
        Line(
            *(axis, label, mentioning(before, label), mentioning(after, label)),
            *(short(was[label]), short(now[label])),
        )
        for label in sorted(labels)
    ]


def mentioning(table: Mapping[Groups, int], label: str) -> int:
    """Return the records that mention a group."""
    return sum(n for groups, n in table.items() if label in groups)


def short(share: float) -> float:
    """Return a share with as many digits as say something."""
    return round(share, DECIMALS)


def lines_for_people(body: Mapping[str, Any]) -> Iterable[str]:
    """Yield what a command says at its end about a manifest's `mitigation`."""
    if not body:
        return
    if gender := body["gender"]:
        yield (
            f"gender: {gender['words']:,} words swapped in {gender['swapped']:,} of"
            f" {gender['chosen']:,} chosen records, {gender['reverted']:,} taken back"
        )
    if weights := body["weights"]:
        yield (
            f"weights: {weights['records']:,} kept records count like"
            f" {weights['effective']:,.0f} of equal weight; {weights['mentioning']:,} mention a"
            " group with a target"
        )
    if off := [line for line in body["groups"] if line["missed"]]:
        names = "; ".join(
            f"{line['label']} {line['weighted']:.1%} of {line['target']:.1%}" for line in off[:5]
        )
        more = f"; and {len(off) - 5:,} more" if len(off) > 5 else ""
        yield f"targets not reached: {names}{more}"
