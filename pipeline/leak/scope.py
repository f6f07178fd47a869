"""What a job's output should not hold: the entities that its policy removes, with exceptions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gemsieve.filters import Action, Filter
from gemsieve.filters.leak_policy import found_by
from gemsieve.filters.operators.plain import Replace
from gemsieve.filters.pii.entities import label
from gemsieve.filters.policy import Rule


def removing(judge: Filter) -> list[Rule]:
    """Return the corpus rules that always remove what they act on, whatever else a text holds."""
    return [
        rule
        for rule in judge.policy.ruleset("corpus").rules
        if rule.action > Action.KEEP
        and not rule.when
        and rule.count_above is None
        and rule.share_above is None
    ]


def entities(judge: Filter) -> tuple[str, ...]:
    """Return the entities to look for, sorted: those the policy names, else those it removes."""
    named = judge.policy.leak_check.entities
    if named is not None:
        return named
    rules = removing(judge)
    found = {name for detector in judge.detectors["corpus"] for name in found_by(detector)}
    return tuple(sorted(e for e in found if any(rule.names(label(e)) for rule in rules)))


@dataclass(frozen=True)
class Limits:
    """Says whether a suspected value counts, by its score."""

    above: float | None
    rules: Sequence[Rule]

    def counts(self, entity: str, score: float) -> bool:
        """Say whether a score is above the check's own limit or, without one, a rule's."""
        if self.above is not None:
            return score > self.above
        return any(r.names(label(entity)) and r.acts_on(score) for r in self.rules)


def allowed(judge: Filter) -> Callable[[str], bool]:
    """Return the test for words that the policy lets stand: on its `allow_list`, or its own."""
    own = [o.new_value for o in judge.policy.ruleset("corpus").operators if isinstance(o, Replace)]
    listed = on_allow_list(judge)
    return lambda word: listed(word) or any(word in text for text in own)


def on_allow_list(judge: Filter) -> Callable[[str], bool]:
    """Return the test for words on the `allow_list` of the policy, exact or as expressions."""
    options = judge.policy.options.get("pii", {})
    words = [str(word) for word in options.get("allow_list", ())]  # type: ignore[attr-defined]
    if options.get("allow_list_match") != "regex":
        return frozenset(words).__contains__
    patterns = [re.compile(word, re.DOTALL | re.MULTILINE | re.IGNORECASE) for word in words]
    return lambda word: any(pattern.search(word) for pattern in patterns)
