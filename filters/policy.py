"""A policy decides what is done about findings; nothing else does.

`decide` is a maximum over KEEP < REDACT < DROP: more rules or more events can only be stricter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Literal, get_args

from gemsieve.filters.audit.rule import AuditRule
from gemsieve.filters.finding import Finding
from gemsieve.filters.leak_rule import LeakRule
from gemsieve.filters.limits.limit import Limit
from gemsieve.filters.mitigation import Mitigation
from gemsieve.filters.operators.key import KeySource
from gemsieve.filters.operators.operator import Edit, Operator
from gemsieve.filters.operators.plain import REDACT
from gemsieve.filters.policy_column import ColumnRule, in_force, read_by
from gemsieve.filters.remedy import BLOCK, Remedy, strictest

Use = Literal["corpus", "prompt", "output"]
USES: tuple[Use, ...] = get_args(Use)


class Action(IntEnum):
    """What is done with a text, from mild to severe."""

    KEEP = 0
    REDACT = 1
    DROP = 2


@dataclass(frozen=True)
class Rule:
    """One line of a policy: for these labels, under this condition, this action.

    Attributes:
        labels: Globs; a label that no rule names is dropped.
        above, below, outside: When the score acts; with none of them every finding acts.
        any_of: With `below`: acts unless one of these labels reaches the limit.
        count_above: Acts when more findings than this do.
        share_above: Acts when the findings cover more than this share of the characters.
        when: Columns and the values for which the rule holds (globs).
        excepted: Globs of labels that the rule is not about all the same.
        operator: Under REDACT, what writes over a finding.
        target: Where `above` was set by a target, how, and what it costs.
        flag: Under KEEP, whether what it acts on is told.
        remedy: Under DROP, what a guard does beside ending an answer.
    """

    labels: tuple[str, ...]
    action: Action
    above: float | None = None
    below: float | None = None
    outside: tuple[float, float] | None = None
    any_of: tuple[str, ...] = ()
    count_above: int | None = None
    share_above: float | None = None
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    excepted: tuple[str, ...] = ()
    operator: Operator = REDACT
    target: Limit | None = None
    flag: bool = False
    remedy: Remedy = BLOCK

    def names(self, label: str) -> bool:
        """Say whether the rule is about a label."""
        return any(fnmatchcase(label, glob) for glob in self.labels) and not any(
            fnmatchcase(label, glob) for glob in self.excepted
        )

    def holds(self, columns: Mapping[str, str | None]) -> bool:
        """Say whether the rule is in force; an unknown value never spares a text."""
        known = in_force(self.when, columns)
        return self.action > Action.KEEP if known is None else known

    def acts_on(self, score: float) -> bool:
        """Say whether a score meets the condition; written so that a NaN does."""
        if self.above is not None:
            return not score <= self.above
        if self.below is not None:
            return not score >= self.below
        if self.outside is not None:
            return not self.outside[0] <= score <= self.outside[1]
        return True

    def hits(self, findings: Sequence[Finding], length: int) -> list[Finding]:
        """Return the findings, already of this rule's labels, that call for its action."""
        if self.any_of:
            allowed = [f.score for f in findings if f.label in self.any_of]
            if any(not self.acts_on(score) for score in allowed):
                return []
            return [max(findings, key=lambda f: (f.score, f.label))] if findings else []
        hits = [f for f in findings if self.acts_on(f.score)]
        if self.count_above is not None and len(hits) <= self.count_above:
            return []
        if self.share_above is not None and share(hits, length) <= self.share_above:
            return []
        return hits


@dataclass(frozen=True)
class Owed:
    """A group of labels of which a detector must show at least one for every text."""

    detector: str
    labels: frozenset[str]

    @property
    def reason(self) -> str:
        """The label that stands for their absence."""
        one, *more = sorted(self.labels)
        return f"missing.{one.split('.')[0]}" if more else f"missing.{one}"


@dataclass(frozen=True)
class Decision:
    """An action, the labels that caused it, and what to write over (under REDACT alone).

    Attributes:
        flags: Labels that a rule tells of and that decided nothing, sorted.
        remedy: Under DROP, the strictest of those that its rules ask for.
    """

    action: Action
    reasons: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    flags: tuple[str, ...] = ()
    remedy: Remedy = BLOCK

    @property
    def redactions(self) -> tuple[Finding, ...]:
        """The findings that are written over, by place."""
        return tuple(edit.finding for edit in self.edits)


# An action (KEEP where something is only told), the label that is its reason, and what it writes
# over or does beside dropping.
Cause = tuple[Action, str, Edit | Remedy | None]


@dataclass(frozen=True)
class Ruleset:
    """The rules of one use, bound to what the detectors owe, and those on columns."""

    rules: tuple[Rule, ...]
    owed: tuple[Owed, ...] = ()
    columns: tuple[ColumnRule, ...] = ()
    _by_label: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def operators(self) -> tuple[Operator, ...]:
        """The operators that the rules may call for."""
        return tuple(rule.operator for rule in self.rules if rule.action is Action.REDACT)

    @property
    def reads(self) -> frozenset[str]:
        """The columns that any of the rules looks at."""
        return read_by(self.columns).union(*(rule.when for rule in self.rules))

    def about(self, label: str) -> tuple[int, ...]:
        """Return the indexes of the rules that name a label."""
        return self._about(label)[0]

    def _about(self, label: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return what `about` does, and the indexes of those that do more than keep."""
        found = self._by_label.get(label)
        if found is None:
            named = tuple(i for i, rule in enumerate(self.rules) if rule.names(label))
            acting = tuple(
                i for i in named if self.rules[i].action is not Action.KEEP or self.rules[i].flag
            )
            found = self._by_label[label] = named, acting
        return found

    @cached_property
    def _always(self) -> frozenset[int]:
        """The indexes of the rules that hold whatever a text's columns say."""
        return frozenset(i for i, rule in enumerate(self.rules) if not rule.when)

    @cached_property
    def _sometimes(self) -> tuple[int, ...]:
        return tuple(i for i, rule in enumerate(self.rules) if rule.when)

    def _holding(self, columns: Mapping[str, str | None]) -> frozenset[int]:
        """Return the indexes of the rules that hold for a text with these columns."""
        if not self._sometimes:
            return self._always
        return self._always.union(i for i in self._sometimes if self.rules[i].holds(columns))

    def decide(
        self,
        text: str,
        findings: Sequence[Finding],
        columns: Mapping[str, str | None] | None = None,
    ) -> Decision:
        """Judge one text by its findings: the strictest action that anything calls for.

        An unlisted label, a value that is not finite, a span outside the text and a missing
        measure each drop the text.
        """
        columns = columns or {}
        length, holding = len(text), self._holding(columns)
        groups: dict[int, list[Finding]] = {}
        causes: list[Cause] = []
        for finding in findings:
            if fault := invalid(finding, length):
                causes.append((Action.DROP, fault, None))
                continue
            named, acting = self._about(finding.label)
            if holding.isdisjoint(named):
                causes.append((Action.DROP, finding.label, None))
            for i in acting:  # a rule that keeps and tells nothing changes nothing
                if i in holding:
                    groups.setdefault(i, []).append(finding)
        causes += [(Action.DROP, reason, None) for reason in self._missing(findings)]
        causes += [(Action.DROP, rule.label, None) for rule in self.columns if rule.acts(columns)]
        for i, group in groups.items():
            causes += [cause(self.rules[i], f) for f in self.rules[i].hits(group, length)]
        return conclude(causes)

    def _missing(self, findings: Sequence[Finding]) -> list[str]:
        seen = {finding.label for finding in findings}
        return [
            owed.reason
            for owed in self.owed
            if seen.isdisjoint(owed.labels) and f"error.{owed.detector}" not in seen
        ]


def cause(rule: Rule, finding: Finding) -> Cause:
    """Return what one finding calls for; a whole text cannot be redacted, so it is dropped."""
    if rule.action is not Action.REDACT:
        return rule.action, finding.label, rule.remedy
    if finding.span is None:
        return Action.DROP, finding.label, None
    return Action.REDACT, finding.label, Edit(finding, rule.operator)


def conclude(causes: Sequence[Cause]) -> Decision:
    """Take the strictest action, with its labels; only what is kept is written over."""
    if not causes:
        return Decision(Action.KEEP)
    action = max(a for a, _, _ in causes)
    flags = tuple(sorted({label for a, label, _ in causes if a is Action.KEEP}))
    if action is Action.KEEP:
        return Decision(action, flags=flags)
    if action is Action.DROP:
        drops = [(label, part) for a, label, part in causes if a is action]
        remedy = strictest(part if isinstance(part, Remedy) else BLOCK for _, part in drops)
        reasons = tuple(sorted({label for label, _ in drops}))
        return Decision(action, reasons, flags=flags, remedy=remedy)
    return rewriting((part for _, _, part in causes if isinstance(part, Edit)), flags)


def rewriting(edits: Iterable[Edit], flags: tuple[str, ...] = ()) -> Decision:
    """Return the decision to carry out edits: one a finding, the one that reveals least."""
    chosen: dict[Finding, Edit] = {}
    for edit in edits:
        other = chosen.setdefault(edit.finding, edit)
        if edit.operator.order < other.operator.order:
            chosen[edit.finding] = edit
    if not chosen:
        return Decision(Action.KEEP, flags=flags)
    ordered = sorted(chosen.values(), key=lambda e: (e.span, e.finding.label, e.finding.score))
    reasons = sorted({edit.finding.label for edit in ordered})
    return Decision(Action.REDACT, tuple(reasons), tuple(ordered), flags)


def invalid(finding: Finding, length: int) -> str | None:
    """Return the label that stands for a finding which says nothing usable, or None."""
    span = finding.span
    if (span is None or 0 <= span[0] < span[1] <= length) and math.isfinite(finding.score):
        return None
    return f"invalid.{finding.label}"


def share(findings: Sequence[Finding], length: int) -> float:
    """Return the share of characters that findings cover; a whole-text finding covers all."""
    covered = reached = 0
    for finding in sorted(findings, key=lambda f: f.span or (0, length)):
        start, end = finding.span or (0, length)
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered / length if length else float(bool(findings))


@dataclass(frozen=True)
class Policy:
    """A named table of rules for each use, and the options of the detectors it needs.

    Attributes:
        sha256: Digest (hex) of what the file says, whatever its layout or comments; without
            `[leak_check]` and `[audit]`, which decide about no text, and `[key]`, which only says
            where one is.
        options: By detector name, the keyword arguments it is built with.
        leak_check: How a job's output is checked.
        key: Where the operators' key is read from.
        audit: How the filter itself is audited.
        mitigation: What is done about whom a corpus speaks of.
        dropped_text: Whether a job writes the texts of dropped records.
    """

    name: str
    sha256: str
    rulesets: Mapping[Use, Ruleset]
    options: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    leak_check: LeakRule = field(default_factory=LeakRule)
    key: KeySource | None = None
    audit: AuditRule = field(default_factory=AuditRule)
    mitigation: Mitigation = field(default_factory=Mitigation)
    dropped_text: bool = False

    def ruleset(self, use: Use) -> Ruleset:
        """Return the rules of one use.

        Raises:
            LookupError: The policy has none, and no rules must not mean that all passes.
        """
        if use not in self.rulesets:
            raise LookupError(f"policy {self.name!r} has no [[{use}]] rules; add some")
        return self.rulesets[use]
