"""Detectors and a policy, held together: what the Beam job, the guard and the API all call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from gemsieve.filters.detect import Found, detect, filled, ordered
from gemsieve.filters.detector import Detector
from gemsieve.filters.finding import Batch, Finding, Span
from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.operator import Edit, entity
from gemsieve.filters.operators.plain import REDACT
from gemsieve.filters.operators.standing import due, outside
from gemsieve.filters.policy import Action, Decision, Policy, Ruleset, Use, rewriting
from gemsieve.filters.redact import Redaction, rewrite
from gemsieve.filters.remedy import BLOCK, Remedy

# A redaction can uncover a finding that its neighbour hid, and what an operator wrote can be found
# again. Each round writes over at least one more character or gives up one operator for a
# placeholder; a text that is still not settled after this many is dropped.
ROUNDS = 8

# Reasons that say a text could not be judged, rather than that it was judged bad.
UNJUDGED = ("error.", "invalid.", "missing.", "unstable.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done with one text, and why.

    Attributes:
        reasons: The labels that caused the action, sorted; empty for KEEP.
        redacted: The text that may be used: as it was, or redacted; None when it is dropped.
        findings: Everything that was found: whole-text findings first, then by place.
        edits: Under REDACT, those of them that `redacted` hides, and how.
        flags: Labels that a rule tells of and that decided nothing, sorted.
        remedy: Under DROP, what a guard does beside ending an answer.
    """

    action: Action
    reasons: tuple[str, ...]
    redacted: str | None
    findings: tuple[Finding, ...]
    edits: tuple[Edit, ...] = ()
    flags: tuple[str, ...] = ()
    remedy: Remedy = BLOCK

    @property
    def redactions(self) -> tuple[Finding, ...]:
        """The findings that `redacted` hides."""
        return tuple(edit.finding for edit in self.edits)

    def _repr_html_(self) -> str:
        """Show the verdict in a notebook."""
        from gemsieve.filters.verdict_html import verdict_html

        return verdict_html(self)

    @property
    def fault(self) -> str | None:
        """The first reason that says the text could not be judged, or None when it was."""
        return next((label for label in self.reasons if label.startswith(UNJUDGED)), None)


@dataclass(frozen=True)
class Filter:
    """A policy and, for each use, the detectors whose labels its rules name."""

    policy: Policy
    detectors: Mapping[Use, tuple[Detector, ...]]

    def setup(self, use: Use) -> None:
        """Load the key of one use, where its rules need one, and its models.

        Raises:
            PolicyError: There is no key where the policy says there is.
        """
        self.key(use)
        for detector in self.detectors[use]:
            detector.setup()

    def key(self, use: Use) -> Key | None:
        """Return the key that the rules of a use need, read once; None where they need none.

        Raises:
            PolicyError: There is none where the policy says there is.
        """
        needed = any(operator.keyed for operator in self.policy.ruleset(use).operators)
        return self._key if needed else None

    @cached_property
    def _key(self) -> Key | None:
        return None if self.policy.key is None else self.policy.key.load()

    @cached_property
    def _entities(self) -> frozenset[str]:
        every = (d for detectors in self.detectors.values() for d in detectors)
        return frozenset(entity(label) for d in every for label in d.labels.ranges())

    def __call__(self, batch: Batch, use: Use) -> list[Verdict]:
        """Find, decide and redact; one verdict a text, in order."""
        self.key(use)
        found, batch = detect(self.detectors[use], batch)
        return self.decide(batch, found, use)

    def recall(self, batch: Batch, found: Found, use: Use) -> list[Verdict]:
        """Decide and redact by what the detectors of a use found when they read these texts before.

        None of them reads a text again that stands as it was; those whose findings are redacted
        read what was written.
        """
        return self.decide(self._recalled(batch, found, use), found, use)

    def first_look(self, batch: Batch, found: Found, use: Use, *, owed: bool) -> list[Decision]:
        """Decide by what was found before and rewrite nothing, as `recall` begins.

        Args:
            batch: The texts.
            found: What was found in each.
            use: Whose rules.
            owed: Whether all that is owed is among what was found: else it is not asked for.
        """
        rules, key = self.policy.ruleset(use), self.key(use)
        if not owed:
            rules = replace(rules, owed=())
        batch = self._recalled(batch, found, use)
        return [self._decide(rules, batch, i, some, key) for i, some in enumerate(found)]

    def _recalled(self, batch: Batch, found: Found, use: Use) -> Batch:
        for detector in ordered(self.detectors[use]):
            batch = filled(detector, batch, found)
        return batch

    def scrub(self, batch: Batch, use: Use) -> list[str | None]:
        """Return short texts, such as a column's values, redacted, or None for what is dropped.

        They are judged by the events that the policy redacts: too short to be measured.
        """
        found, batch = detect(self._redactors(use), batch)
        rules = Ruleset(self.policy.ruleset(use).rules)
        return [verdict.redacted for verdict in self._judge(batch, found, rules, use)]

    def decide(self, batch: Batch, found: Found, use: Use) -> list[Verdict]:
        """Judge texts by what was found in them, and redact until nothing more turns up."""
        return self._judge(batch, found, self.policy.ruleset(use), use)

    def _redactors(self, use: Use) -> tuple[Detector, ...]:
        rules = self.policy.ruleset(use)
        return tuple(d for d in self.detectors[use] if redacts(rules, d))

    def _decide(
        self, rules: Ruleset, batch: Batch, i: int, findings: list[Finding], key: Key | None
    ) -> Decision:
        """Judge one text of a batch; what operators wrote, in this run or before, is let be."""
        text = batch.texts[i]
        decision = rules.decide(text, findings, batch.row(i))
        if decision.action is not Action.REDACT:
            return decision
        return rewriting(due(text, decision.edits, self._entities, key), decision.flags)

    def _judge(self, batch: Batch, found: Found, rules: Ruleset, use: Use) -> list[Verdict]:
        verdicts: dict[int, Verdict] = {}
        drafts: dict[int, Decision] = {}
        key = self.key(use)
        for i, (text, findings) in enumerate(zip(batch.texts, found, strict=True)):
            decision = self._decide(rules, batch, i, findings, key)
            if decision.action is Action.REDACT:
                drafts[i] = decision
            else:
                kept = text if decision.action is Action.KEEP else None
                verdicts[i] = verdict(decision, kept, findings)
        if drafts:
            verdicts |= self._settle(batch, found, drafts, use)
        return [verdicts[i] for i in range(len(batch.texts))]

    def _settle(
        self, batch: Batch, found: Found, drafts: dict[int, Decision], use: Use
    ) -> dict[int, Verdict]:
        """Redact texts, look at the results again and redact what that uncovers."""
        rules = Ruleset(self.policy.ruleset(use).rules)  # a second look owes no measures
        redactors, key = self._redactors(use), self.key(use)
        found = list(found)
        settled: dict[int, Verdict] = {}
        for _ in range(ROUNDS):
            redactions = {i: rewrite(batch.texts[i], d.edits, key) for i, d in drafts.items()}
            again = Batch([r.text for r in redactions.values()], batch.take([*drafts]).columns)
            looks, again = detect(redactors, again)
            for j, (i, redaction) in enumerate(redactions.items()):
                draft, decision = drafts[i], self._decide(rules, again, j, looks[j], key)
                new, edits = followed(redaction, draft.edits, decision.edits)
                if decision.action is Action.DROP:
                    settled[i] = verdict(decision, None, found[i])
                elif edits != draft.edits:
                    found[i] = [*found[i], *(edit.finding for edit in new)]
                    drafts[i] = rewriting(edits, draft.flags)
                else:
                    settled[i] = verdict(draft, redaction.text, found[i])
            drafts = {i: draft for i, draft in drafts.items() if i not in settled}
            if not drafts:
                break
        for i in drafts:
            settled[i] = Verdict(Action.DROP, ("unstable.redaction",), None, tuple(found[i]))
        return settled


def verdict(decision: Decision, redacted: str | None, findings: Sequence[Finding]) -> Verdict:
    """Return what a decision comes to for a text."""
    return Verdict(
        decision.action,
        decision.reasons,
        redacted,
        tuple(findings),
        decision.edits,
        decision.flags,
        decision.remedy,
    )


def followed(
    redaction: Redaction, edits: tuple[Edit, ...], again: tuple[Edit, ...]
) -> tuple[list[Edit], tuple[Edit, ...]]:
    """Return what a second look adds to the edits of a text, in its coordinates, and all of them.

    What is found within something that an operator wrote shows that the operator gave too much
    away: a placeholder is written instead.
    """
    new: list[Edit] = []
    weak: list[Span] = []
    for edit in again:
        if cut := redaction.cut(edit.span):
            weak.append(cut.original)
        else:
            place = redaction.locate(edit.span)
            new.append(replace(edit, finding=replace(edit.finding, span=place)))
    strong = set(outside(weak, edits))
    kept = (edit if edit in strong else replace(edit, operator=REDACT) for edit in edits)
    return new, (*kept, *new)


def redacts(rules: Ruleset, detector: Detector) -> bool:
    """Say whether a rule may redact something that a detector finds."""
    return any(
        rules.rules[i].action is Action.REDACT
        for label in detector.labels.events
        for i in rules.about(label)
    )
