"""Say what each rule of a policy makes of each finding, and why; deciding is the policy's alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gemsieve.filters.finding import Finding
from gemsieve.filters.limits.limit import wanted
from gemsieve.filters.policy import Action, Rule, Ruleset, invalid, share


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one rule says of one finding.

    Attributes:
        rule: Its number among the rules of its use, from 1.
        action: What it calls for.
        does: The policy's word for that: under REDACT its operator's, such as `mask`.
        holds: Whether it is in force for the text.
        acts: Whether it does so for this finding.
        why: The comparison that settled it, in words; none of them the text's.
    """

    rule: int
    action: Action
    does: str
    holds: bool
    acts: bool
    why: str


def rulings(
    rules: Ruleset,
    text: str,
    findings: Sequence[Finding],
    columns: Mapping[str, str | None] | None = None,
) -> list[tuple[Ruling, ...]]:
    """Return what the rules that name its label say of each finding, in the policy's order.

    A finding that no rule in force names drops the text, and so does one whose score or span is
    unusable, which has an empty tuple.
    """
    out: list[list[Ruling]] = [[] for _ in findings]
    for number, rule in enumerate(rules.rules, 1):
        named = [
            i
            for i, finding in enumerate(findings)
            if rule.names(finding.label) and not invalid(finding, len(text))
        ]
        group = [findings[i] for i in named]
        holds = rule.holds(columns or {})
        hits = rule.hits(group, len(text)) if holds else []
        for i in named:
            acts = findings[i] in hits
            why = because(rule, findings[i], group, len(text)) if holds else elsewhere(rule)
            out[i].append(Ruling(number, rule.action, word(rule), holds, acts, why))
    return [tuple(row) for row in out]


def word(rule: Rule) -> str:
    """Return a policy's word for what a rule does."""
    if rule.flag:
        return "flag"
    return rule.operator.name if rule.action is Action.REDACT else rule.action.name.lower()


def elsewhere(rule: Rule) -> str:
    """Say where a rule holds that does not hold here."""
    return "holds only where " + " and ".join(
        f"{column} is {' or '.join(values)}" for column, values in rule.when.items()
    )


def because(rule: Rule, finding: Finding, group: Sequence[Finding], length: int) -> str:
    """Say why a rule in force acts on a finding of its labels, or why not."""
    if rule.any_of:
        return alternatives(rule, finding, group)
    parts = [comparison(rule, finding.score)]
    if rule.acts_on(finding.score):
        hits = [f for f in group if rule.acts_on(f.score)]
        if rule.count_above is not None:
            parts.append(f"{len(hits)} such, {than(len(hits), rule.count_above)}")
        if rule.share_above is not None:
            part = share(hits, length)
            parts.append(f"{part:.3g} of the characters, {than(part, rule.share_above)}")
    return "; ".join(parts)


def comparison(rule: Rule, score: float) -> str:
    """Compare a score with the limits of a rule; a NaN is on the wrong side of each."""
    beyond = rule.acts_on(score)
    if rule.above is not None:
        reason = f" (set by {wanted(rule.target.goal)})" if rule.target else ""
        return f"{score!r} is {'' if beyond else 'not '}above {rule.above:g}{reason}"
    if rule.below is not None:
        return f"{score!r} is {'' if beyond else 'not '}below {rule.below:g}"
    if rule.outside is not None:
        low, high = rule.outside
        return f"{score!r} is {'outside' if beyond else 'within'} {low:g}..{high:g}"
    return "acts on every finding"


def alternatives(rule: Rule, finding: Finding, group: Sequence[Finding]) -> str:
    """Say which of the labels that a rule asks for reaches its limit, or which finding tells."""
    asked = " or ".join(rule.any_of)
    for allowed in group:
        if allowed.label in rule.any_of and not rule.acts_on(allowed.score):
            return f"{asked} reaches {rule.below:g}: {allowed.label} has {allowed.score!r}"
    (best,) = rule.hits(group, 0)
    told = "" if finding is best else f"; {best.label} tells it"
    return f"{asked} is below {rule.below:g}{told}"


def than(number: float, limit: float) -> str:
    """Say on which side of a limit a number lies."""
    return f"more than {limit:g}" if number > limit else f"not more than {limit:g}"
