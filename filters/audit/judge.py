"""What the audited rules say of single sentences: which of them act, and at which scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gemsieve.filters.audit.rule import AuditRule
from gemsieve.filters.detect import detect
from gemsieve.filters.detector import PROBABILITY, Detector
from gemsieve.filters.filter import Filter
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.policy import Action, Owed, Rule, Use, invalid

UNIT = 1_000_000  # a score is kept in millionths: whole numbers add up alike in any order


@dataclass(frozen=True)
class Judged:
    """What the rules say of one text.

    Attributes:
        acting: The rules that would remove or rewrite it, and the faults that would drop it.
        scores: Of each label that is a probability of every text, its score, in millionths.
    """

    acting: frozenset[str]
    scores: Mapping[str, int]


@dataclass(frozen=True)
class Judge:
    """The audited rules by name, and the detectors that they need."""

    audit: AuditRule
    rules: Mapping[str, Rule]
    detectors: tuple[Detector, ...]
    owed: tuple[Owed, ...] = ()

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The audited labels that are a probability of every text, sorted.

        An event is absent below a score of its own, so that its gaps would be those of a step.
        """
        owed = {
            label
            for detector in self.detectors
            for group in detector.labels.owed()
            for label in group
            if detector.labels.ranges()[label] == PROBABILITY
        }
        return tuple(sorted(label for label in owed if self.audit.names(label)))

    def setup(self) -> None:
        """Load the models."""
        for detector in self.detectors:
            detector.setup()

    def __call__(self, batch: Batch) -> list[Judged]:
        """Judge each text, in order."""
        found, batch = detect(self.detectors, batch)
        return [
            self._judged(len(text), findings, batch.row(i))
            for i, (text, findings) in enumerate(zip(batch.texts, found, strict=True))
        ]

    def _judged(
        self, length: int, findings: Sequence[Finding], columns: Mapping[str, str | None]
    ) -> Judged:
        errors = {f.label for f in findings if f.label.startswith("error.")}
        audited = [f for f in findings if self.audit.names(f.label)]
        faults = {fault for f in audited if (fault := invalid(f, length))}
        if not errors:
            seen = {f.label for f in audited}
            faults |= {owed.reason for owed in self.owed if seen.isdisjoint(owed.labels)}
        sound = [f for f in audited if not invalid(f, length)]
        acting = {
            name
            for name, rule in self.rules.items()
            if rule.holds(columns) and rule.hits([f for f in sound if rule.names(f.label)], length)
        }
        scores = dict.fromkeys(self.labels, 0)
        for f in sound:
            if f.label in scores:
                scores[f.label] = max(scores[f.label], round(f.score * UNIT))
        return Judged(frozenset(acting | faults | errors), scores)


def judge_of(whole: Filter, use: Use) -> Judge:
    """Return the rules of a use that the policy's `[audit]` names, ready to judge."""
    audit, ruleset = whole.policy.audit, whole.policy.ruleset(use)
    every = whole.detectors[use]
    shown = [label for d in every for label in d.labels.ranges() if audit.names(label)]
    rules = {
        f"{use}[{number}]": rule
        for number, rule in enumerate(ruleset.rules, 1)
        if rule.action > Action.KEEP and any(rule.names(label) for label in shown)
    }
    seen = [d for d in every if any(audit.names(label) for label in d.labels.ranges())]
    columns = {name for rule in rules.values() for name in rule.when}
    owed = tuple(owed for owed in ruleset.owed if all(map(audit.names, owed.labels)))
    return Judge(audit, rules, with_fillers(seen, every, columns) if rules else (), owed)


def with_fillers(
    wanted: Sequence[Detector], every: Sequence[Detector], columns: set[str]
) -> tuple[Detector, ...]:
    """Return detectors, and those beside them that fill the columns which they or rules read."""
    found = list(wanted)
    columns = columns | {name for detector in found for name in detector.needs}
    while more := [d for d in every if d.labels.column() in columns and d not in found]:
        found += more
        columns |= {name for detector in more for name in detector.needs}
    return tuple(found)


def words(rule: Rule) -> str:
    """Say in a few words what a rule does."""
    limits = [f"{name} {getattr(rule, name):g}" for name in ("above", "below") if limit(rule, name)]
    if rule.outside:
        limits.append(f"outside {rule.outside[0]:g}..{rule.outside[1]:g}")
    return f"{rule.action.name.lower()} {' '.join([', '.join(rule.labels), *limits])}"


def limit(rule: Rule, name: str) -> bool:
    """Say whether a rule has a limit of this name."""
    return getattr(rule, name) is not None
