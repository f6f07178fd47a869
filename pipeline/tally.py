"""Counts for the books and the report; sums of numbers alone, so tallies of slices add up."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gemsieve.filters.filter import Verdict
from gemsieve.filters.finding import Finding
from gemsieve.filters.policy import Action

BINS = 20  # of a probability's histogram
PER_OCTAVE = 8  # bins of other values, each time that the value and one doubles
GROUPS = ("identity.", "dialect.")  # events that say whom a text is about, or whose words it uses
LANGUAGE = "language."


def bin_of(score: float, *, probability: bool) -> int:
    """Return the histogram bin of a finite value.

    Probabilities fall into `BINS` equal bins of 0..1; other values v >= 0 into bins b with
    2^(b/8) <= v + 1 < 2^((b+1)/8): fine enough for ratios about 0.1, few enough for counts.
    """
    if probability:
        return min(BINS - 1, max(0, int(score * BINS)))
    return int(PER_OCTAVE * math.log2(max(score, 0.0) + 1))


def language_of(findings: Iterable[Finding]) -> str:
    """Return the language that holds at least half of the probability, "" where none does."""
    return next(
        (f.label[len(LANGUAGE) :] for f in findings if f.score >= 0.5 and is_language(f)), ""
    )


def is_language(finding: Finding) -> bool:
    """Say whether a finding is of a text's language."""
    return finding.span is None and finding.label.startswith(LANGUAGE)


@dataclass
class Tally:
    """What a slice's verdicts add up to.

    Attributes:
        outcomes: (source, outcome) -> records; outcome is kept, redacted, dropped, quarantined.
        reasons: (source, label, action, language) -> records.
        languages: (source, language, outcome) -> judged records.
        faults: (source, fault) -> records in quarantine.
        mentions: (label, outcome) -> records with at least one finding of an event label.
        families: (family, outcome) -> records with at least one event whose label begins so.
        blamed: (group, label, action) -> records that mention a group, by what was a reason.
        scores: (label, outcome, bin) -> records, of whole-text findings.
        characters: outcome -> characters of text read.
        transforms: (transform, what) -> records, of what `[mitigate]` changed.
        groups: ("before" or "after" that, *labels) -> kept records that mention just these.
    """

    outcomes: Counter[tuple[str, ...]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, ...]] = field(default_factory=Counter)
    languages: Counter[tuple[str, ...]] = field(default_factory=Counter)
    faults: Counter[tuple[str, ...]] = field(default_factory=Counter)
    mentions: Counter[tuple[str, ...]] = field(default_factory=Counter)
    families: Counter[tuple[str, ...]] = field(default_factory=Counter)
    blamed: Counter[tuple[str, ...]] = field(default_factory=Counter)
    scores: Counter[tuple[str, ...]] = field(default_factory=Counter)
    characters: Counter[tuple[str, ...]] = field(default_factory=Counter)
    transforms: Counter[tuple[str, ...]] = field(default_factory=Counter)
    groups: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def add(self, source: str, text: str, verdict: Verdict, probabilities: frozenset[str]) -> None:
        """Count one judged text."""
        outcome = {Action.KEEP: "kept", Action.REDACT: "redacted", Action.DROP: "dropped"}[
            verdict.action
        ]
        self.outcomes[source, outcome] += 1
        self.characters[outcome,] += len(text)
        language, action = language_of(verdict.findings), verdict.action.name.lower()
        self.languages[source, language, outcome] += 1
        for label in verdict.reasons:
            self.reasons[source, label, action, language] += 1
        events = {f.label for f in verdict.findings if f.span is not None}
        for label in events:
            self.mentions[label, outcome] += 1
            if label.startswith(GROUPS):
                for reason in verdict.reasons:
                    self.blamed[label, reason, action] += 1
        for family in {label.split(".")[0] for label in events}:
            self.families[family, outcome] += 1
        for finding in verdict.findings:
            if finding.span is None:
                place = bin_of(finding.score, probability=finding.label in probabilities)
                self.scores[finding.label, outcome, str(place)] += 1

    def quarantine(self, source: str, fault: str) -> None:
        """Count one record that nobody could judge."""
        self.outcomes[source, "quarantined"] += 1
        self.faults[source, fault] += 1

    def by_outcome(self) -> Counter[str]:
        """Return the records of each outcome, over all sources."""
        sums: Counter[str] = Counter()
        for (_, outcome), n in self.outcomes.items():
            sums[outcome] += n
        return sums

    def by_fault(self) -> Counter[str]:
        """Return the records in quarantine by fault, as `quarantined.FAULT`, over all sources."""
        sums: Counter[str] = Counter()
        for (_, fault), n in self.faults.items():
            sums[f"quarantined.{fault}"] += n
        return sums

    def body(self) -> dict[str, Any]:
        """Return a JSON object; keys are sorted so that equal tallies are equal texts."""
        return {
            name: [[*key, count] for key, count in sorted(counter.items())]
            for name, counter in vars(self).items()
        }


def from_body(body: Mapping[str, Any]) -> Tally:
    """Return the tally that `body` wrote."""
    return Tally(**{name: Counter({tuple(k): n for *k, n in rows}) for name, rows in body.items()})


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum."""
    result = Tally()
    for tally in tallies:
        for name, counter in vars(tally).items():
            getattr(result, name).update(counter)
    return result
