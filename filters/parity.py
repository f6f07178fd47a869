"""Whether answers are judged as the corpus was: label by label, detector, version and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from gemsieve.filters.explain import word
from gemsieve.filters.filter import Filter
from gemsieve.filters.policy import Action, Rule, Use

State = Literal["same", "detector", "rules", "corpus only", "output only"]


@dataclass(frozen=True)
class Judged:
    """How one use judges a label.

    Attributes:
        detector: Its name.
        version: Its version.
        weights: SHA-256 (hex) of its model, or "".
        rules: What its rules do and when, sorted. What a guard does beside dropping is left out,
            for no corpus has that; and `flag` is `keep`.
    """

    detector: str
    version: str
    weights: str
    rules: tuple[str, ...]

    @property
    def acts(self) -> bool:
        """Whether any rule may do more than keep."""
        return any(not rule.startswith("keep") for rule in self.rules)


@dataclass(frozen=True)
class Row:
    """One label, as the corpus and as answers are judged; None where a use has no rule for it."""

    label: str
    corpus: Judged | None
    output: Judged | None

    @property
    def state(self) -> State:
        """What of it differs first."""
        corpus, output = self.corpus, self.output
        if corpus is None or output is None:
            return "output only" if corpus is None else "corpus only"
        if (corpus.detector, corpus.version, corpus.weights) != (
            output.detector,
            output.version,
            output.weights,
        ):
            return "detector"
        return "same" if corpus.rules == output.rules else "rules"


def parity(corpus: Filter, outputs: Filter, labels: Sequence[str] = ("*",)) -> list[Row]:
    """Compare the rules for `corpus` of one filter with those for `output` of another.

    Labels that nothing acts on in either are left out.

    Args:
        corpus: Judged what a model learned from.
        outputs: Judges what it writes.
        labels: Globs of the labels to compare.

    Raises:
        LookupError: A policy has no such rules, or no label of either is named.
    """
    before, after = judged(corpus, "corpus"), judged(outputs, "output")
    named = [
        label
        for label in sorted({*before, *after})
        if any(fnmatchcase(label, glob) for glob in labels)
        and any(one and one.acts for one in (before.get(label), after.get(label)))
    ]
    if not named:
        raise LookupError(f"no label that the policies act on is named by {', '.join(labels)}")
    return [Row(label, before.get(label), after.get(label)) for label in named]


def judged(judge: Filter, use: Use) -> dict[str, Judged]:
    """Return how a use judges each label that its detectors may find."""
    rules = judge.policy.ruleset(use)
    return {
        label: Judged(
            detector.name,
            detector.version,
            detector.weights,
            tuple(sorted({says(rules.rules[i]) for i in rules.about(label)})),
        )
        for detector in judge.detectors[use]
        for label in detector.labels.ranges()
    }


def says(rule: Rule) -> str:
    """Return what a rule does and when, in a form that equal rules share."""
    does = "keep" if rule.action is Action.KEEP else word(rule)
    if rule.operator.order[1:] != (0, ""):  # it has settings
        does = repr(rule.operator)
    conditions = {
        "above": rule.above,
        "below": rule.below,
        "outside": rule.outside,
        "unless any of": ", ".join(sorted(rule.any_of)) or None,
        "more often than": rule.count_above,
        "more than a share of": rule.share_above,
        **{f"where {column} is": " or ".join(values) for column, values in rule.when.items()},
    }
    told = (f"{name} {value}" for name, value in conditions.items() if value is not None)
    return " ".join([does, *told])
