"""Detectors and a policy, held together: what the Beam job, the guard and the API all call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gemsieve.filters.detect import Found, detect
from gemsieve.filters.detector import Detector
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.policy import Action, Decision, Policy, Ruleset, Use
from gemsieve.filters.redact import redact

# A redaction can uncover a finding that its neighbour hid; each round redacts at least one more
# character, and a text that is still not settled after this many is dropped.
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
        redactions: Under REDACT, those of them that `redacted` hides.
    """

    action: Action
    reasons: tuple[str, ...]
    redacted: str | None
    findings: tuple[Finding, ...]
    redactions: tuple[Finding, ...] = ()

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
        """Load the models of one use."""
        self.policy.ruleset(use)
        for detector in self.detectors[use]:
            detector.setup()

    def __call__(self, batch: Batch, use: Use) -> list[Verdict]:
        """Find, decide and redact; one verdict a text, in order."""
        self.policy.ruleset(use)
        found, batch = detect(self.detectors[use], batch)
        return self.decide(batch, found, use)

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

    def _judge(self, batch: Batch, found: Found, rules: Ruleset, use: Use) -> list[Verdict]:
        verdicts: dict[int, Verdict] = {}
        drafts: dict[int, Decision] = {}
        for i, (text, findings) in enumerate(zip(batch.texts, found, strict=True)):
            decision = rules.decide(text, findings, batch.row(i))
            if decision.action is Action.REDACT:
                drafts[i] = decision
            else:
                kept = text if decision.action is Action.KEEP else None
                verdicts[i] = Verdict(decision.action, decision.reasons, kept, tuple(findings))
        if drafts:
            verdicts |= self._settle(batch, found, drafts, use)
        return [verdicts[i] for i in range(len(batch.texts))]

    def _settle(
        self, batch: Batch, found: Found, drafts: dict[int, Decision], use: Use
    ) -> dict[int, Verdict]:
        """Redact texts, look at the results again and redact what that uncovers."""
        rules = Ruleset(self.policy.ruleset(use).rules)  # a second look owes no measures
        redactors = self._redactors(use)
        found = list(found)
        settled: dict[int, Verdict] = {}
        for _ in range(ROUNDS):
            redactions = {i: redact(batch.texts[i], d.redactions) for i, d in drafts.items()}
            again = Batch([r.text for r in redactions.values()], batch.take([*drafts]).columns)
            looks, again = detect(redactors, again)
            for j, (i, redaction) in enumerate(redactions.items()):
                decision, draft = rules.decide(redaction.text, looks[j], again.row(j)), drafts[i]
                if decision.action is Action.DROP:
                    settled[i] = Verdict(Action.DROP, decision.reasons, None, tuple(found[i]))
                    continue
                places = ((f, f.span and redaction.locate(f.span)) for f in decision.redactions)
                new = tuple(Finding(f.label, f.score, place) for f, place in places if place)
                if new:
                    found[i] = [*found[i], *new]
                    reasons = tuple(sorted({*draft.reasons, *decision.reasons}))
                    drafts[i] = Decision(Action.REDACT, reasons, (*draft.redactions, *new))
                else:
                    settled[i] = Verdict(
                        Action.REDACT,
                        draft.reasons,
                        redaction.text,
                        tuple(found[i]),
                        draft.redactions,
                    )
            drafts = {i: draft for i, draft in drafts.items() if i not in settled}
            if not drafts:
                break
        for i in drafts:
            settled[i] = Verdict(Action.DROP, ("unstable.redaction",), None, tuple(found[i]))
        return settled


def redacts(rules: Ruleset, detector: Detector) -> bool:
    """Say whether a rule may redact something that a detector finds."""
    return any(
        rules.rules[i].action is Action.REDACT
        for label in detector.labels.events
        for i in rules.about(label)
    )
